import { graphql } from 'relay-runtime';

// What is shown of a product. It can be fetched anew by itself.
graphql`
  fragment ProductCard_product on Product @refetchable(queryName: "ProductCardRefetchQuery") {
    id
    name
    price
    inStock
    updatedAt
    category { name }
  }
`;
