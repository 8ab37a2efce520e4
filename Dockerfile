# A server for one machine: SQLite and the secrets, made at the first start, live in /data.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /app && /app/bin/pip install --no-cache-dir -r requirements.txt
COPY setup.py pyproject.toml README.md LICENSE ./
COPY kinto ./kinto
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app app \
    && install -d -o app -g app -m 0700 /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PORT=8888
USER 10001:10001
WORKDIR /app
VOLUME /data
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/v1/__lbheartbeat__', timeout=4)"]
# Mount an ini file and set KINTO_INI to serve what it describes instead.
CMD ["sh", "-c", "if [ -n \"$KINTO_INI\" ]; then kinto migrate && exec kinto start --port \"$PORT\"; else exec kinto start --data /data --host 0.0.0.0 --port \"$PORT\"; fi"]
