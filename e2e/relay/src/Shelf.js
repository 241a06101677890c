import { graphql } from 'relay-runtime';

// A list of products that grows page by page. Another search, filter or order is another list.
graphql`
  fragment Shelf_query on Query
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    search: { type: "String" }
    where: { type: "ProductWhere" }
    orderBy: { type: "[ProductOrder!]" }
  )
  @refetchable(queryName: "ShelfPaginationQuery") {
    products(first: $count, after: $cursor, search: $search, where: $where, orderBy: $orderBy)
      @connection(key: "Shelf_products", filters: ["search", "where", "orderBy"]) {
      totalCount
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
  query ShelfQuery($count: Int!, $search: String, $where: ProductWhere, $orderBy: [ProductOrder!]) {
    ...Shelf_query @arguments(count: $count, search: $search, where: $where, orderBy: $orderBy)
  }
`;
