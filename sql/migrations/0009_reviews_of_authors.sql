-- The reviews that somebody wrote, newest first: without it all of them are read and sorted for a page of a few.
create index review_author_id_idx on review (author_id, original_entry_timestamp, id);
