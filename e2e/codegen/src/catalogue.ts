// Every root field of the catalogue, in the way that a shop uses it.
import { graphql } from './gql';

export const ProductCard = graphql(`
  fragment ProductCard on Product {
    id
    name
    slug
    price
    inStock
    category { id name }
  }
`);

export const Shelf = graphql(`
  query Shelf($first: Int!, $after: String, $search: String, $where: ProductWhere, $orderBy: [ProductOrder!]) {
    products(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {
      totalCount
      edges {
        cursor
        node { ...ProductCard }
      }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`);

export const OneProduct = graphql(`
  query OneProduct($by: ProductBy!) {
    product(by: $by) {
      ...ProductCard
      sku
      description
      stock
      isPublished
      owner { id username }
      viewerCanEdit
      version
      createdAt
      updatedAt
    }
  }
`);

export const Categories = graphql(`
  query Categories($where: CategoryWhere, $orderBy: [CategoryOrder!]) {
    categories(first: 100, where: $where, orderBy: $orderBy) {
      nodes {
        id
        name
        parent { id }
      }
    }
  }
`);

export const OneCategory = graphql(`
  query OneCategory($by: CategoryBy!, $first: Int) {
    category(by: $by) {
      id
      name
      slug
      description
      ancestors { id name }
      children { id name }
      products(first: $first, includeDescendants: true) {
        nodes { ...ProductCard }
      }
    }
  }
`);

export const Refetch = graphql(`
  query Refetch($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Product { price }
      ... on Category { name }
    }
  }
`);

export const RefetchSeveral = graphql(`
  query RefetchSeveral($ids: [ID!]!) {
    nodes(ids: $ids) { __typename id }
  }
`);

export const CreateProduct = graphql(`
  mutation CreateProduct($input: ProductCreateInput!) {
    productCreate(input: $input) {
      product { ...ProductCard }
      errors { field code message }
    }
  }
`);

export const UpdateProduct = graphql(`
  mutation UpdateProduct($id: ID!, $input: ProductUpdateInput!) {
    productUpdate(id: $id, input: $input) {
      product { ...ProductCard version }
      errors { field code message }
    }
  }
`);

export const DeleteProduct = graphql(`
  mutation DeleteProduct($id: ID!) {
    productDelete(id: $id) {
      deletedId
      errors { field code message }
    }
  }
`);

export const UpsertProducts = graphql(`
  mutation UpsertProducts($input: [ProductUpsertInput!]!) {
    productsBulkUpsert(input: $input) {
      created
      updated
      products { id sku }
      errors { field code message }
    }
  }
`);

export const CreateCategory = graphql(`
  mutation CreateCategory($input: CategoryCreateInput!) {
    categoryCreate(input: $input) {
      category { id slug }
      errors { field code message }
    }
  }
`);

export const UpdateCategory = graphql(`
  mutation UpdateCategory($id: ID!, $input: CategoryUpdateInput!) {
    categoryUpdate(id: $id, input: $input) {
      category { id slug }
      errors { field code message }
    }
  }
`);

export const DeleteCategory = graphql(`
  mutation DeleteCategory($id: ID!) {
    categoryDelete(id: $id) {
      deletedId
      errors { field code message }
    }
  }
`);

export const ProductChanged = graphql(`
  subscription ProductChanged($category: ID, $ids: [ID!]) {
    productChanged(category: $category, ids: $ids) {
      kind
      productId
      product { ...ProductCard }
    }
  }
`);
