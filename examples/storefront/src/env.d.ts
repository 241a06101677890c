interface ImportMetaEnv {
  readonly VITE_GATEHOUSE_API?: string;
}
