# The event center in one image: no compiler, no pip, no root. `docker build -t eventcenter:dev .`
FROM python:3.11-slim-bookworm AS build

WORKDIR /src
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --no-compile -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY eventcenter eventcenter
COPY sinks sinks
COPY npd npd
COPY web web
RUN python -m pip --python /opt/venv/bin/python install --no-cache-dir --no-deps --no-compile .

# What the center never reads, about 170 MB: the asyncio twin of the Kubernetes client, the tests of numpy and
# matplotlib, pip, AWS services other than S3, and the texts of languages that the pages do not speak. Then compile everything here: the root file
# system is read-only where it runs, so Python could not keep what it compiles at every start.
RUN cd /opt/venv/lib/python3.11/site-packages \
 && rm -rf kubernetes/aio pip pip-*.dist-info setuptools setuptools-*.dist-info pkg_resources _distutils_hack distutils-precedence.pth \
           matplotlib/mpl-data/sample_data zstandard/_cffi*.so \
 && find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 -exec rm -rf {} + \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && find babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'en*.dat' ! -name 'zh*.dat' -delete \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash . \
 && /opt/venv/bin/eventcenter --help > /dev/null \
 && /opt/venv/bin/python -c "import kubernetes.client, matplotlib.backends.backend_svg, matplotlib.backends.backend_agg, flask_babel, zstandard" \
 && /opt/venv/bin/python -c "import apprise, boto3, clickhouse_connect, confluent_kafka, google.protobuf, nats, paho.mqtt, psycopg, pymongo, pymysql, redis; boto3.client('s3', region_name='x')"


# The agent of the nodes alone, without web server, charts and Kubernetes client. `docker build --target npd -t eventcenter-npd:dev .`
FROM python:3.11-slim-bookworm AS npd-build

WORKDIR /src
COPY requirements-npd.lock ./
RUN python -m venv --without-pip /opt/npd \
 && python -m pip --python /opt/npd/bin/python install --no-cache-dir --require-hashes --no-compile -r requirements-npd.lock
COPY npd /opt/npd/lib/python3.11/site-packages/npd
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/npd/lib/python3.11/site-packages \
 && /opt/npd/bin/python -m npd --help > /dev/null


FROM python:3.11-slim-bookworm AS npd

COPY --from=npd-build /opt/npd /opt/npd
ENV PATH=/opt/npd/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2
# As root: /dev/kmsg and the kubelet's certificate are root's, see deploy/npd/daemonset.yaml.
ENTRYPOINT ["python", "-m", "npd"]


FROM python:3.11-slim-bookworm

COPY --from=build /opt/venv /opt/venv
# HOME and matplotlib's cache lie in /tmp, the one place beside /data that may be written.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    EVENTCENTER_DATA_DIR=/data \
    EVENTCENTER_LISTEN=0.0.0.0:8080
# Docker gives a new volume the owner of the directory it covers. The playground keeps its data beside the real ones.
RUN mkdir /data /data-demo && chown 10001:10001 /data /data-demo
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["eventcenter"]
CMD ["run"]
