import { graphql } from 'relay-runtime';

// What changes lists: a new product goes to their beginning, one that is deleted leaves them, a change elsewhere arrives.
graphql`
  mutation OffersCreateMutation($input: ProductCreateInput!, $connections: [ID!]!) {
    productCreate(input: $input) {
      product @prependNode(connections: $connections, edgeTypeName: "ProductEdge") {
        id
        ...ProductCard_product
      }
      errors { field code message }
    }
  }
`;

graphql`
  mutation OffersDeleteMutation($id: ID!, $connections: [ID!]!) {
    productDelete(id: $id) {
      deletedId @deleteEdge(connections: $connections)
      errors { field code message }
    }
  }
`;

graphql`
  subscription OffersChangedSubscription($ids: [ID!]) {
    productChanged(ids: $ids) {
      kind
      productId
      product { ...ProductCard_product }
    }
  }
`;

graphql`
  query OffersNodesQuery($ids: [ID!]!) {
    nodes(ids: $ids) {
      id
      ...ProductCard_product @alias(as: "product")
    }
  }
`;
