-- What is no record: secrets, sessions, jobs, uploaded bytes. None of it has a history, and none of
-- it is in the change feed. Times are milliseconds since 1970 in UTC.

create table credentials (
    user_id text primary key,
    password_hash text not null,
    changed_at bigint not null
);

-- Tokens are kept as their SHA-256 only.
create table sessions (
    token_hash text primary key,
    user_id text not null,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null
);
create index sessions_by_user on sessions (user_id);

create table api_tokens (
    id text primary key,
    token_hash text not null unique,
    user_id text not null,
    name text not null,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint not null,
    seen_at bigint
);

-- Long work. A worker claims a job by a lease; a job whose lease ran out is taken over.
create table jobs (
    id text primary key,
    kind text not null,
    payload text not null,
    state text not null,
    done bigint not null,
    total bigint not null,
    unit text not null,
    message text not null,
    result text,
    user_id text,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    lease_until bigint,
    worker text,
    attempts bigint not null,
    cancel_requested boolean not null
);
create index jobs_by_state on jobs (state, created_at);

-- Uploaded files in pieces small enough for one row; `part` counts from 0.
create table import_files (
    import_id text not null,
    part bigint not null,
    bytes_base64 text not null,
    primary key (import_id, part)
);

-- The secret in a calendar address, hashed, and whose calendar it shows.
create table calendar_feeds (
    secret_hash text primary key,
    user_id text not null,
    created_at bigint not null
);

-- Drawn shapes and long views behind a short address.
create table settings (
    name text primary key,
    value text not null
);
