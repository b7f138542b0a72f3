# A tag can be moved, a digest cannot. For production give the digest of the tag that you have looked at:
#   docker build --build-arg BASE=python:3.11.14-slim-bookworm@sha256:... .
ARG BASE=python:3.11.14-slim-bookworm

# Every dependency is checked against its hash in the lock; nothing is resolved anew.
FROM ${BASE} AS wheels
WORKDIR /src
COPY requirements.lock ./
RUN ["python", "-m", "pip", "wheel", "--no-cache-dir", "--require-hashes", "--wheel-dir", "/wheels", "-r", "requirements.lock"]
RUN ["python", "-m", "pip", "install", "--no-cache-dir", "--no-index", "--find-links", "/wheels", "hatchling"]
COPY pyproject.toml README.md ./
COPY locales locales
COPY bot bot
RUN ["python", "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "/wheels", "."]

# What runs: no compiler, no build tools, no source tree.
FROM ${BASE}
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLEDGE_DATABASE=sqlite:////data/pledge.db \
    PLEDGE_HTTP__HOST=0.0.0.0 \
    PLEDGE_HTTP__PORT=8080
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    ["python", "-m", "pip", "install", "--no-cache-dir", "--no-index", "--find-links", "/wheels", "pledge"]
# A new volume takes over the owner of the folder it covers.
RUN ["install", "-d", "-o", "10001", "-g", "10001", "-m", "0700", "/data"]
VOLUME /data
WORKDIR /data
USER 10001:10001
EXPOSE 8080
# The bot stops by SIGTERM: intake ends, what is in flight is finished, then the store is closed.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
ENTRYPOINT ["pledge"]
CMD ["run"]
