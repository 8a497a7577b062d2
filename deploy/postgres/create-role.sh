#!/bin/sh
# Runs once, when the volume is still empty: the program's own role is no superuser.
set -eu
psql --username "$POSTGRES_USER" --set ON_ERROR_STOP=1 --set password="$ALLIANCE_DB_PASSWORD" <<'SQL'
CREATE ROLE alliance LOGIN PASSWORD :'password';
CREATE DATABASE alliance OWNER alliance;
REVOKE ALL ON DATABASE alliance FROM PUBLIC;
SQL
