// The operations a new visitor finds, one tab each; a tab is named after its operation.
import affordableHomes from './examples/affordable-homes.graphql';
import createReview from './examples/create-review.graphql';
import createReviewVariables from './examples/create-review.variables.json';
import listing from './examples/listing.graphql';
import offices from './examples/offices.graphql';
import search from './examples/search.graphql';
import searchVariables from './examples/search.variables.json';

export const examples = [
  { query: affordableHomes },
  { query: search, variables: searchVariables },
  { query: listing },
  { query: offices },
  { query: createReview, variables: createReviewVariables },
];
