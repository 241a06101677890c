import { graphql } from './gql';

export const ProductCard = graphql(`
  fragment ProductCard on Product {
    id
    name
    slug
    price
    inStock
    isPublished
    version
    category {
      id
      name
      slug
    }
  }
`);

export const ProductDetails = graphql(`
  fragment ProductDetails on Product {
    id
    name
    slug
    sku
    description
    price
    stock
    inStock
    isPublished
    viewerCanEdit
    version
    updatedAt
    category {
      id
      name
      slug
    }
  }
`);

export const ProductBySlug = graphql(`
  query ProductBySlug($slug: String!) {
    product(by: { slug: $slug }) {
      id
      ...ProductDetails
    }
  }
`);
