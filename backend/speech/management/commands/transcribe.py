"""`manage.py transcribe FILE`: the main job in a terminal."""

import asyncio
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm  # type: ignore[import-untyped]

from backend.accounts import tokens
from backend.accounts.models import User
from backend.speech.services.exports import as_text
from backend.speech.terminal import Follower, Refused, Server


class Command(BaseCommand):
    help = "Upload a recording and follow its transcription here, over the same socket as a browser."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where Stentor runs (%(default)s)")
        parser.add_argument("--user", default="demo", help="whose transcript it will be, on this machine (%(default)s)")
        parser.add_argument("--token", default="", help="an access token, for a server on another machine")
        parser.add_argument("--language", default="", help="a language code; found out where it is not given")
        parser.add_argument("--task", default="transcribe", choices=["transcribe", "translate"])
        parser.add_argument("--hotwords", default="", help="names and terms that occur in the recording")
        parser.add_argument("--model", default="", help="one of the models that are installed there")
        parser.add_argument("--diarize", action="store_true", help="find out who says what")
        parser.add_argument("--speakers", type=int, default=0, help="how many people speak, where that is known")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        server = Server(options["url"].rstrip("/"), _token_source(options))
        names = ("language", "task", "hotwords", "model", "diarize", "speakers")
        wishes = {name: str(options[name]) for name in names if options[name]}
        try:
            data = server.upload(path, wishes)
            job = self._follow(server, data, with_speakers=options["diarize"])
        except Refused as error:
            raise CommandError(str(error)) from None
        if job["status"] == "failed":
            raise CommandError(job["error"]["message"])
        self.stderr.write(f"{job['status']}: {server.url}/transcripts/{data['transcript']['id']}")

    def _follow(self, server: Server, data: dict[str, Any], *, with_speakers: bool) -> dict[str, Any]:
        # The bar goes to stderr and the text to stdout, so that the text can be piped.
        with tqdm(total=100, unit="%", bar_format="{desc} {bar} {n:.0f}% {postfix}", file=sys.stderr) as bar:

            def show_segment(segment: dict[str, Any]) -> None:
                # Who says it is known when all has been heard.
                if not with_speakers:
                    tqdm.write(segment["text"], file=sys.stdout)

            def show_line(line: str) -> None:
                tqdm.write(line, file=sys.stderr)

            follower = Follower(
                server,
                data["job"]["id"],
                data["transcript"]["id"],
                show_job=lambda job: _draw(bar, job),
                show_segment=show_segment,
                show_line=show_line,
            )
            try:
                job = asyncio.run(follower.run())
            except KeyboardInterrupt:
                bar.close()
                return self._interrupted(server, data["job"])
        if with_speakers and follower.whole:
            self.stdout.write(as_text(follower.whole), ending="")
        return job

    def _interrupted(self, server: Server, job: dict[str, Any]) -> dict[str, Any]:
        if sys.stdin.isatty() and input("\nCancel the transcription too? [y/N] ").strip().lower() in {"y", "yes"}:
            return server.cancel(job["id"])
        raise CommandError("It goes on without this terminal.", returncode=130)


def _token_source(options: dict[str, Any]) -> Any:
    if options["token"]:
        return lambda: options["token"]
    user = User.objects.filter(username=options["user"], is_active=True).first()
    if user is None:
        raise CommandError(f"There is no user {options['user']!r} in this machine's database; see --user and --token.")
    return lambda: tokens.token_pair(user)["access"]


def _draw(bar: Any, job: dict[str, Any]) -> None:
    waiting = f"waiting, place {job['queue_rank']}" if job["queue_rank"] > 0 else job["status"]
    bar.set_description_str(job["stage"] if job["status"] == "started" and job["stage"] else waiting)
    bar.set_postfix_str(f"{job['eta_s']:.0f} s left" if job["eta_s"] is not None else "")
    bar.n = job["percent"]
    bar.refresh()
