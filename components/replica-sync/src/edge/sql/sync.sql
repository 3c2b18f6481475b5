-- What replica-sync keeps beside the hotel's tables: the state of every synchronised row.
-- Run by the owner of the database; every statement may run again.
CREATE SCHEMA IF NOT EXISTS sync;

CREATE SEQUENCE IF NOT EXISTS sync.seq;

-- This database's life: `epoch` names the order of its places, `origin` signs its writes.
CREATE TABLE IF NOT EXISTS sync.node (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch uuid NOT NULL,
    origin bigint NOT NULL,
    -- Digest of the statements that prepared the database last.
    prepared bytea
);
INSERT INTO sync.node (epoch, origin)
    VALUES (gen_random_uuid(), (random() * 4503599627370495)::bigint)
    ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS sync.relation (
    id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- One row for every row there is or was: bounded by rows, not by days without the cloud.
CREATE TABLE IF NOT EXISTS sync.row_state (
    tenant text NOT NULL,
    relation smallint NOT NULL,
    id text NOT NULL,
    property text NOT NULL,
    owner text,
    xid xid8 NOT NULL,
    seq bigint NOT NULL,
    life integer NOT NULL,
    hlc bigint NOT NULL,
    origin bigint NOT NULL,
    top bigint NOT NULL,
    versions jsonb NOT NULL DEFAULT '{}',
    via text,
    PRIMARY KEY (tenant, relation, id)
);
CREATE INDEX IF NOT EXISTS row_state_place ON sync.row_state (tenant, property, xid, seq);
CREATE INDEX IF NOT EXISTS row_state_relation
    ON sync.row_state (tenant, property, relation, xid, seq);

-- How far a peer has what we have, and we what it has.
CREATE TABLE IF NOT EXISTS sync.peer_cursor (
    tenant text NOT NULL,
    property text NOT NULL,
    peer text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('sent', 'received')),
    epoch text NOT NULL,
    xid xid8 NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, property, peer, direction)
);

-- Batches that were applied, with what was answered.
CREATE TABLE IF NOT EXISTS sync.inbox (
    tenant text NOT NULL,
    property text NOT NULL,
    peer text NOT NULL,
    batch text NOT NULL,
    sha256 bytea NOT NULL,
    answer jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, property, peer, batch)
);
DROP INDEX IF EXISTS sync.inbox_at;
CREATE INDEX IF NOT EXISTS inbox_property_at ON sync.inbox (tenant, property, at);

-- Values that somebody wanted and that did not stay.
CREATE TABLE IF NOT EXISTS sync.conflict (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    property text NOT NULL,
    relation text NOT NULL,
    row_id text NOT NULL,
    principal text NOT NULL,
    base jsonb NOT NULL,
    wanted jsonb NOT NULL,
    kept jsonb NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS conflict_at ON sync.conflict (tenant, property, at);

-- Changes of a peer that wait for a row they refer to.
CREATE TABLE IF NOT EXISTS sync.pending (
    tenant text NOT NULL,
    property text NOT NULL,
    relation smallint NOT NULL,
    row_id text NOT NULL,
    peer text NOT NULL,
    change jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, relation, row_id)
);

-- Unix milliseconds above 15 bits of counter.
CREATE OR REPLACE FUNCTION sync.now() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint << 15
$$;

-- Whether the present transaction carries over what somebody else wrote, and keeps states itself.
CREATE OR REPLACE FUNCTION sync.applying() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('sync.apply', true), '') = 'on'
$$;

CREATE OR REPLACE FUNCTION sync.refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table %.% is synchronised: delete its rows instead of truncating it',
        TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;
