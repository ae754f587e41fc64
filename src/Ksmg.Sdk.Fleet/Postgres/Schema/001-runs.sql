-- A run: its lease, by the clock of the database, and how many records it has.
CREATE TABLE run (
  id text PRIMARY KEY CHECK (length(id) <= 100),
  epoch bigint NOT NULL,
  owner uuid NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  beat bigint NOT NULL,
  beat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  released boolean NOT NULL,
  pid integer NOT NULL,
  host text NOT NULL,
  records bigint NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  ended_at timestamptz
);

-- The nodes of a run by their addresses. What an active run claims no other active run can claim.
CREATE TABLE claim (
  run_id text NOT NULL REFERENCES run ON DELETE CASCADE,
  key text NOT NULL,
  active boolean NOT NULL,
  PRIMARY KEY (run_id, key)
);
CREATE UNIQUE INDEX claim_active ON claim (key) WHERE active;

CREATE TABLE record (
  run_id text NOT NULL REFERENCES run ON DELETE CASCADE,
  sequence bigint NOT NULL CHECK (sequence > 0),
  line bytea NOT NULL CHECK (octet_length(line) <= 1048576),
  PRIMARY KEY (run_id, sequence)
);

CREATE TABLE file (
  run_id text NOT NULL REFERENCES run ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) <= 600),
  content bytea NOT NULL CHECK (octet_length(content) <= 16777216),
  PRIMARY KEY (run_id, name)
);
