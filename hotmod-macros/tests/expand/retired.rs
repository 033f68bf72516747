fn close(_: &VersionInfo<'_>) {
    stop();
}
