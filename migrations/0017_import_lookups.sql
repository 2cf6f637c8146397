-- What an import looks for, chunk by chunk: customers by their number. (Activities have an index on their subject by 0019.)
create index accounts_by_number_folded on accounts (number_folded);
