-- What an import looks for, chunk by chunk: customers by their number. Activities by their subject are found by the order of their lists (0019).
create index accounts_by_number_folded on accounts (number_folded);
