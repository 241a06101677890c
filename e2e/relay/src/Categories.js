import { graphql } from 'relay-runtime';

// The categories, and in each of them its products, page by page.
graphql`
  fragment Categories_query on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }, orderBy: { type: "[CategoryOrder!]" })
  @refetchable(queryName: "CategoriesPaginationQuery") {
    categories(first: $count, after: $cursor, orderBy: $orderBy) @connection(key: "Categories_categories", filters: ["orderBy"]) {
      edges {
        node {
          id
          name
          ...CategoryProducts_category
        }
      }
    }
  }
`;

graphql`
  fragment CategoryProducts_category on Category
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "CategoryProductsPaginationQuery") {
    id
    products(first: $count, after: $cursor) @connection(key: "CategoryProducts_products") {
      edges {
        node {
          id
          ...ProductCard_product
        }
      }
    }
  }
`;

graphql`
  query CategoriesQuery($count: Int!) {
    ...Categories_query @arguments(count: $count)
  }
`;
