#!/bin/sh
# Makes Temporal's two databases, or brings them to the schema of this tool's version; harmless to repeat.
# SQL_PLUGIN SQL_HOST SQL_PORT SQL_USER SQL_PASSWORD are read by temporal-sql-tool itself.
set -eu
for schema in temporal visibility; do
  case $schema in temporal) db=temporal ;; visibility) db=temporal_visibility ;; esac
  temporal-sql-tool --database "$db" create
  temporal-sql-tool --database "$db" setup-schema --version 0.0
  temporal-sql-tool --database "$db" update-schema --schema-name "postgresql/v12/$schema"
done
