FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv --without-pip /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY client ./client
RUN pip --python /venv/bin/python install --no-cache-dir --constraint constraints.txt ".[api,otel,postgres,worker]"

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && pip uninstall --yes pip setuptools wheel \
    && useradd --create-home --uid 10001 faber \
    && install --directory --owner=faber --group=faber /data
COPY --from=build /venv /venv
WORKDIR /app
COPY domain ./domain
COPY adapters ./adapters
COPY activities ./activities
COPY workflows ./workflows
COPY http_api ./http_api
COPY deploy/healthcheck.py ./deploy/
COPY worker.py assembly.py ./
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FABER_DATA_DIR=/data
USER faber
VOLUME /data
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s --retries=3 \
    CMD ["python", "deploy/healthcheck.py"]
ENTRYPOINT ["python", "worker.py"]
