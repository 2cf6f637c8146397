-- Collaboration: comments on records and shapes, who follows what, and what each person was told.

create table comments (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    about_type text not null,
    about_id text not null,
    text text not null,
    text_folded text collate "C",
    author_id text,
    said_at bigint not null,
    spot text
);
create index comments_by_about_id on comments (about_id);
create index comments_by_author_id on comments (author_id);

create table comments_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    about_type text not null,
    about_id text not null,
    text text not null,
    text_folded text collate "C",
    author_id text,
    said_at bigint not null,
    spot text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index comments_history_superseded on comments_history (superseded_at);

create table follows (
    user_id text not null,
    record_type text not null,
    record_id text not null,
    created_at bigint not null,
    primary key (user_id, record_id)
);
create index follows_by_record_id on follows (record_id);

-- What a person was told: that somebody mentioned them, or changed what they follow. It names records and people by their
-- ids only; what they are called is read when it is shown, with the rights of that moment.
create table notifications (
    id text primary key,
    user_id text not null,
    -- mention, comment, change
    kind text not null,
    record_type text not null,
    record_id text not null,
    -- The record that changed, where it is not the followed one itself; or the comment.
    by_type text,
    by_id text,
    operation text,
    actor_id text,
    at bigint not null,
    read_at bigint,
    -- Of an entry of the feed: told once.
    once text not null,
    unique (user_id, once)
);
create index notifications_by_user_id on notifications (user_id, at);
create index notifications_by_at on notifications (at);
