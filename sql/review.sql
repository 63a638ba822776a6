-- Reviews. Where the seller does not let them be shown (InternetConsumerCommentYN) they are neither read, nor
-- counted, nor written.

-- name: reviews_public :set Review
-- The reviews of listings that everybody may see.
select
  r.id, r.rating, r.body, r.original_entry_timestamp, r.modification_timestamp,
  r.property_id, r.author_id
from review as r
join property as p on p.id = r.property_id
where p.public_yn and p.internet_consumer_comment_yn;

-- name: review_summary_of_properties :batch_one(property_id) ReviewSummary
-- Number and exact average of the reviews of each listing; a listing without reviews has a row too.
select
  p.id as property_id,
  cast(count(r.id) as integer) as review_count,
  cast(avg(r.rating) as numeric(3, 2)) as average_rating
from property as p
left join review as r on r.property_id = p.id and p.internet_consumer_comment_yn
where p.id = any(:property_id) and p.public_yn
group by p.id;

-- name: insert_review :one
-- Writes a review as the viewer; no row when there is no such listing, or it takes no reviews.
insert into review (property_id, author_id, rating, body)
select p.id, cast(:viewer_id as uuid), cast(:rating as integer), cast(:body as text)
from property as p
where p.id = :property_id and p.public_yn and p.internet_consumer_comment_yn
returning id;
