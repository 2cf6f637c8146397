-- Fields and record types that an administrator adds.

create table custom_types (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    label_en text not null,
    label_de text,
    plural_en text not null,
    plural_de text,
    area text,
    place boolean,
    name text,
    table_name text,
    label_en_folded text collate "C"
);
create index custom_types_by_label_en_folded on custom_types (label_en_folded, id);
create unique index custom_types_by_name on custom_types (name);
create unique index custom_types_by_table_name on custom_types (table_name);

create table custom_types_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    label_en text not null,
    label_de text,
    plural_en text not null,
    plural_de text,
    area text,
    place boolean,
    name text,
    table_name text,
    label_en_folded text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index custom_types_history_superseded on custom_types_history (superseded_at);

create table custom_fields (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    to_type text not null,
    label_en text not null,
    label_de text,
    kind text not null,
    choices text,
    to_link text,
    unit text,
    min bigint,
    max bigint,
    personal boolean,
    import text,
    name text,
    key text,
    to_type_folded text collate "C",
    label_en_folded text collate "C"
);
create index custom_fields_by_to_type_folded on custom_fields (to_type_folded, id);
create index custom_fields_by_label_en_folded on custom_fields (label_en_folded, id);
create unique index custom_fields_by_key on custom_fields (key);

create table custom_fields_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    to_type text not null,
    label_en text not null,
    label_de text,
    kind text not null,
    choices text,
    to_link text,
    unit text,
    min bigint,
    max bigint,
    personal boolean,
    import text,
    name text,
    key text,
    to_type_folded text collate "C",
    label_en_folded text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index custom_fields_history_superseded on custom_fields_history (superseded_at);
