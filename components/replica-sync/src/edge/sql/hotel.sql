-- The hotel: what its people and programs share. Additive changes only.
-- Moments are Unix milliseconds, money is in the minor unit of its currency, keys are made by
-- whoever makes the row.
CREATE SCHEMA IF NOT EXISTS hotel;

CREATE TABLE IF NOT EXISTS hotel.rooms (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    number text NOT NULL,
    floor integer NOT NULL DEFAULT 0,
    type text NOT NULL DEFAULT 'standard',
    status text NOT NULL DEFAULT 'dirty'
        CHECK (status IN ('dirty', 'cleaning', 'clean', 'inspected', 'out-of-order')),
    occupied boolean NOT NULL DEFAULT false,
    assigned_to text,
    note text,
    PRIMARY KEY (tenant, id));

CREATE TABLE IF NOT EXISTS hotel.reservations (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    guest text,
    room text,
    arrival date NOT NULL,
    departure date NOT NULL CHECK (departure >= arrival),
    status text NOT NULL DEFAULT 'booked'
        CHECK (status IN ('booked', 'in-house', 'departed', 'cancelled', 'no-show')),
    adults integer NOT NULL DEFAULT 1 CHECK (adults BETWEEN 1 AND 20),
    note text,
    PRIMARY KEY (tenant, id));

CREATE TABLE IF NOT EXISTS hotel.guests (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    name text,
    language text,
    email text,
    phone text,
    note text,
    PRIMARY KEY (tenant, id));

CREATE TABLE IF NOT EXISTS hotel.orders (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    number bigint NOT NULL,
    place text NOT NULL,
    guest text,
    status text NOT NULL,
    note text NOT NULL DEFAULT '',
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    placed_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (tenant, id));

CREATE TABLE IF NOT EXISTS hotel.order_items (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    order_id text NOT NULL,
    line integer NOT NULL,
    item text NOT NULL,
    name text NOT NULL,
    quantity integer NOT NULL,
    price_minor bigint NOT NULL,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, id));
CREATE INDEX IF NOT EXISTS order_items_order ON hotel.order_items (tenant, order_id);

-- What came into and went out of stock; the sum is what there is.
CREATE TABLE IF NOT EXISTS hotel.inventory_lines (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    item text NOT NULL,
    quantity integer NOT NULL,
    reason text NOT NULL DEFAULT '',
    at bigint NOT NULL,
    made_by text,
    PRIMARY KEY (tenant, id));

CREATE TABLE IF NOT EXISTS hotel.tasks (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    title text NOT NULL,
    room text,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'taken', 'done', 'cancelled')),
    assigned_to text,
    note text,
    created_at bigint NOT NULL,
    created_by text,
    PRIMARY KEY (tenant, id));

-- What staff say to each other.
CREATE TABLE IF NOT EXISTS hotel.messages (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    author text,
    role text,
    room text,
    text text NOT NULL CHECK (length(text) <= 2000),
    at bigint NOT NULL,
    PRIMARY KEY (tenant, id));

-- What guests say, with what a model made of it; never leaves the property.
CREATE TABLE IF NOT EXISTS hotel.guest_messages (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    guest text NOT NULL,
    place text,
    text text NOT NULL CHECK (length(text) <= 2000),
    at bigint NOT NULL,
    sentiment text,
    score double precision,
    topic text,
    degraded boolean,
    answered_by text,
    PRIMARY KEY (tenant, id));

CREATE TABLE IF NOT EXISTS hotel.device_state (
    tenant text NOT NULL, property text NOT NULL, id text NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    kind text,
    room text,
    online boolean,
    state jsonb NOT NULL DEFAULT '{}',
    at bigint NOT NULL,
    PRIMARY KEY (tenant, id));
