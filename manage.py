#!/usr/bin/env python
"""Django's entry point: `python manage.py COMMAND`."""

import os
import sys

import django
from django.core.management import execute_from_command_line

from backend.core.loading import loading

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    with loading():
        django.setup()
    execute_from_command_line(sys.argv)
