fn beat() {
    log("beat");
}
