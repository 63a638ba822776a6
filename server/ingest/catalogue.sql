-- What the database itself says of a table that rows are loaded into. The parameter is the table's name.

-- name: columns
-- Every column with its type, the labels of its enum, and its default (as SQL) or none.
select a.attname as name,
       element.typname as type,
       type.typcategory = 'A' as is_list,
       case when element.typname = 'numeric' and a.atttypmod > 0 then ((a.atttypmod - 4) >> 16) & 65535 end as precision,
       case when element.typname = 'numeric' and a.atttypmod > 0 then (a.atttypmod - 4) & 2047 end as scale,
       case when element.typtype = 'e' then array(
         select l.enumlabel::text from pg_enum as l where l.enumtypid = element.oid order by l.enumsortorder
       ) end as labels,
       a.attnotnull as not_null,
       a.attgenerated <> '' or a.attidentity <> '' as generated,
       pg_get_expr(d.adbin, d.adrelid) as "default"
from pg_attribute as a
join pg_type as type on type.oid = a.atttypid
join pg_type as element on element.oid = case when type.typcategory = 'A' then type.typelem else type.oid end
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
order by a.attnum;

-- name: checks
-- Every check constraint: its name, its condition, and the columns that the condition names.
select c.conname as name,
       pg_get_expr(c.conbin, c.conrelid) as condition,
       array(select a.attname::text from pg_attribute as a
             where a.attrelid = c.conrelid and a.attnum = any(c.conkey)) as columns
from pg_constraint as c
where c.conrelid = to_regclass($1) and c.contype = 'c'
order by c.conname;

-- name: uniques
-- Every unique constraint but the primary key: its name and its columns.
select c.conname as name,
       array(select a.attname::text from pg_attribute as a
             where a.attrelid = c.conrelid and a.attnum = any(c.conkey)) as columns
from pg_constraint as c
where c.conrelid = to_regclass($1) and c.contype = 'u'
order by c.conname;
