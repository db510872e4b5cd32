#!/usr/bin/env bash
# A Temporal cluster on a Postgres of its own, without Docker, configured as docker-compose.yml does.
#   postgres_cluster.sh build    compile the server and its schema tool with Go into $BIN
#   postgres_cluster.sh up       start both, make the databases and the namespace
#   postgres_cluster.sh down     stop both; the data stays
#   postgres_cluster.sh destroy  down, and delete $DIR
# Needs Debian's `postgresql`, and the Temporal CLI (TEMPORAL_CLI_PATH, or `temporal` on PATH).
# Settings: DIR and BIN (folders, required), PORT (7533; the 9 above it are used too), PGPORT (55432),
# SHARDS (64; fixed for the life of the data), TEMPORAL_NAMESPACE (faber), VERSION (of the server).
set -euo pipefail
HERE=$(cd "$(dirname "$0")/.." && pwd)
DIR=${DIR:?a folder for the data}
BIN=${BIN:?a folder for the programs}
PORT=${PORT:-7533} PGPORT=${PGPORT:-55432} SHARDS=${SHARDS:-64} VERSION=${VERSION:-v1.31.0}
PGBIN=${PGBIN:-$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)}
export PATH="$BIN:${TEMPORAL_CLI_PATH:+$(dirname "$TEMPORAL_CLI_PATH"):}$PATH"
export TEMPORAL_ADDRESS=127.0.0.1:$PORT TEMPORAL_NAMESPACE=${TEMPORAL_NAMESPACE:-faber}

# Postgres refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }

build() {
  mkdir -p "$BIN"
  GOBIN=$BIN go install "go.temporal.io/server/cmd/server@$VERSION"
  GOBIN=$BIN go install "go.temporal.io/server/cmd/tools/sql@$VERSION"
  mv "$BIN/server" "$BIN/temporal-server"
  mv "$BIN/sql" "$BIN/temporal-sql-tool"
}

start_postgres() {
  if [ ! -d "$DIR/pg" ]; then
    mkdir "$DIR/pg"
    [ "$(id -u)" != 0 ] || chown postgres: "$DIR/pg"
    as_postgres "$PGBIN/initdb" -D "$DIR/pg" -U temporal -A trust -E UTF8 --locale=C >/dev/null
  fi
  as_postgres "$PGBIN/pg_ctl" -D "$DIR/pg" status >/dev/null && return
  as_postgres "$PGBIN/pg_ctl" -D "$DIR/pg" -l "$DIR/pg/log" -w start >/dev/null \
    -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories=$DIR/pg -c max_connections=200" ||
    { tail -5 "$DIR/pg/log" >&2; exit 1; }
}

# Neither a zombie nor a later program with the same pid counts.
server_runs() {
  local proc
  proc=/proc/$(cat "$DIR/server.pid" 2>/dev/null || echo none)
  [ "$(cat "$proc/comm" 2>/dev/null)" = temporal-server ] && ! grep -q '^State:.Z' "$proc/status"
}

start_temporal() {
  if server_runs; then return; fi
  cd "$DIR"
  env DB=postgres12 POSTGRES_SEEDS=127.0.0.1 DB_PORT="$PGPORT" POSTGRES_USER=temporal POSTGRES_PWD=temporal \
    NUM_HISTORY_SHARDS="$SHARDS" LOG_LEVEL=warn BIND_ON_IP=127.0.0.1 TEMPORAL_BROADCAST_ADDRESS=127.0.0.1 \
    DYNAMIC_CONFIG_FILE_PATH="$HERE/deploy/dynamic-config.yaml" \
    FRONTEND_GRPC_PORT="$PORT" FRONTEND_MEMBERSHIP_PORT=$((PORT + 1)) FRONTEND_HTTP_PORT=$((PORT + 2)) \
    HISTORY_GRPC_PORT=$((PORT + 3)) HISTORY_MEMBERSHIP_PORT=$((PORT + 4)) \
    MATCHING_GRPC_PORT=$((PORT + 5)) MATCHING_MEMBERSHIP_PORT=$((PORT + 6)) \
    WORKER_GRPC_PORT=$((PORT + 7)) WORKER_MEMBERSHIP_PORT=$((PORT + 8)) \
    temporal-server start >"$DIR/server.log" 2>&1 &
  echo $! >"$DIR/server.pid"
}

up() {
  mkdir -p "$DIR"
  chmod 755 "$DIR"
  start_postgres
  SQL_PLUGIN=postgres12 SQL_HOST=127.0.0.1 SQL_PORT=$PGPORT SQL_USER=temporal SQL_PASSWORD=temporal \
    sh "$HERE/deploy/schema.sh" >"$DIR/schema.log" 2>&1 || { tail -5 "$DIR/schema.log" >&2; exit 1; }
  start_temporal
  sh "$HERE/deploy/namespace.sh" || { tail -5 "$DIR/server.log" >&2; exit 1; }
  echo "TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS TEMPORAL_NAMESPACE=$TEMPORAL_NAMESPACE"
}

down() {
  if server_runs; then
    kill "$(cat "$DIR/server.pid")"
    for _ in $(seq 100); do server_runs || break; sleep .2; done
  fi
  rm -f "$DIR/server.pid"
  [ ! -e "$DIR/pg/postmaster.pid" ] || as_postgres "$PGBIN/pg_ctl" -D "$DIR/pg" -m fast -w stop >/dev/null
}

case ${1:-} in
  build | up | down) "$1" ;;
  destroy) down && rm -rf "$DIR" ;;
  *) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac
