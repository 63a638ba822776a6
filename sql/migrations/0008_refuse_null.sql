-- For composed statements: a field that the contract promises never to be null, and that has no row, is no
-- answer. The server then asks again the long way, which tells the client what is missing.
create function refuse_null() returns json language plpgsql as $$
begin
  raise exception 'a field that is never null has no value' using errcode = 'DW001';
end
$$;
