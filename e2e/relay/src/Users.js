import { graphql } from 'relay-runtime';

// The accounts, for staff, from the end backwards as well.
graphql`
  fragment Users_query on Query
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
    search: { type: "String" }
  )
  @refetchable(queryName: "UsersPaginationQuery") {
    users(first: $first, after: $after, last: $last, before: $before, search: $search)
      @connection(key: "Users_users", filters: ["search"]) {
      edges {
        node {
          id
          username
          lastLogin
        }
      }
    }
  }
`;

graphql`
  query UsersQuery($first: Int) {
    ...Users_query @arguments(first: $first)
  }
`;
