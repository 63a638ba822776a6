-- Users.

-- name: users_public :set User
-- The users whom others can see: the authors of reviews that everybody may see.
select u.id, u.display_name, u.email, u.original_entry_timestamp
from user_account as u
where exists (
  select from review as r
  join property as p on p.id = r.property_id
  where r.author_id = u.id and p.public_yn and p.internet_consumer_comment_yn
);

-- name: users_found :set User
-- The same, of reviews that were found: an author can be seen because the review can, and a user because
-- whoever asks may see the account.
-- below: Review, Account
select u.id, u.display_name, u.email, u.original_entry_timestamp
from user_account as u;

-- name: viewer :one User
-- The user who is signed in, reviews written or not.
select id, display_name, email, original_entry_timestamp
from user_account
where id = :viewer_id;
