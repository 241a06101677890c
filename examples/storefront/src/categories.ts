import { useMemo } from 'react';
import { useQuery } from 'urql';
import { graphql } from './gql';
import type { CategoriesQuery } from './gql/graphql';

const Categories = graphql(`
  query Categories {
    categories(first: 100) {
      nodes {
        id
        name
        slug
        description
        parent {
          id
        }
        products(first: 0, includeDescendants: true) {
          totalCount
        }
      }
    }
  }
`);

type Node = NonNullable<CategoriesQuery['categories']>['nodes'][number];

export interface Category extends Node {
  children: Category[];
  depth: number;
}

/** The categories: the first hundred by name, which is all of them in a shop of this size, in the order of their tree. */
export function useCategories(): { roots: Category[]; inOrder: Category[]; fetching: boolean } {
  const [{ data, fetching }] = useQuery({ query: Categories });
  return useMemo(() => ({ ...treeOf(data?.categories?.nodes ?? []), fetching }), [data, fetching]);
}

function treeOf(nodes: readonly Node[]): { roots: Category[]; inOrder: Category[] } {
  const byId = new Map<string, Category>(nodes.map((node) => [node.id, { ...node, children: [], depth: 0 }]));
  const roots: Category[] = [];
  for (const category of byId.values()) {
    const above = category.parent && byId.get(category.parent.id);
    (above?.children ?? roots).push(category);
  }
  const inOrder: Category[] = [];
  const walk = (categories: Category[], depth: number) => {
    for (const category of categories) {
      category.depth = depth;
      inOrder.push(category);
      walk(category.children, depth + 1);
    }
  };
  walk(roots, 0);
  return { roots, inOrder };
}
