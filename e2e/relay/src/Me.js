import { graphql } from 'relay-runtime';

// Who is signed in.
graphql`
  query MeQuery {
    me { id username }
  }
`;
