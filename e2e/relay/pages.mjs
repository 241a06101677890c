// What react-relay's hooks do, without React: reading fragments, and loading the next page of a connection.

import {
  createOperationDescriptor,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getSelector,
  getValueAtPath,
} from 'relay-runtime';

// Fetches a query, keeps what it brought, and answers its data. The data hold the keys of fragments.
export async function load(environment, query, variables) {
  await fetchQuery(environment, query, variables, { fetchPolicy: 'network-only' }).toPromise();
  const operation = createOperationDescriptor(query, variables);
  environment.retain(operation);
  return environment.lookup(operation.fragment).data;
}

// What a fragment says now.
export function read(environment, fragment, key) {
  const { data, isMissingData } = environment.lookup(getSelector(fragment, key));
  if (isMissingData) throw new Error(`data are missing of ${fragment.name}`);
  return data;
}

// Loads the next page of the fragment's connection, as usePaginationFragment's loadNext does. It answers false at the end.
export async function loadNext(environment, fragment, key, count) {
  const { connectionPathInFragmentData, paginationRequest, paginationMetadata, identifierField } = getPaginationMetadata(fragment, 'loadNext');
  const { owner, variables } = getSelector(fragment, key);
  const data = read(environment, fragment, key);
  const { pageInfo } = getValueAtPath(data, connectionPathInFragmentData);
  if (!pageInfo.hasNextPage) return false;
  const next = getPaginationVariables('forward', count, pageInfo.endCursor, { ...owner.variables, ...variables }, {}, paginationMetadata);
  if (identifierField) next.id = data[identifierField];
  await load(environment, paginationRequest, next);
  return true;
}
