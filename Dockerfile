# One image; docker-compose.yml runs it with several commands.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 libsndfile1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/stentor --create-home stentor

WORKDIR /opt/stentor
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt

COPY . .
RUN STENTOR_HOME=/tmp/build python manage.py collectstatic --noinput && rm -rf /tmp/build

ENV STENTOR_HOME=/var/lib/stentor PYTHONUNBUFFERED=1
USER stentor
VOLUME /var/lib/stentor
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "-m", "backend.server", "--host", "0.0.0.0", "--port", "8000", "--drain-s", "20"]
