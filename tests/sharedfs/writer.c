/* A writer in another language: for each line of its input it replaces a file below the folder, and answers with a line. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words) {
    char line[256], new_name[512], name[512];
    int careful = count > 2 && !strcmp(words[2], "careful");
    snprintf(new_name, sizeof new_name, "%s/c.new", words[1]);
    snprintf(name, sizeof name, "%s/c", words[1]);
    while (fgets(line, sizeof line, stdin)) {
        int file = open(new_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int failed = file < 0 || write(file, line, strlen(line)) < 0 || (careful && fsync(file) < 0);
        if (file >= 0) close(file);
        failed = failed || rename(new_name, name) < 0;
        if (careful && !failed) {
            int folder = open(words[1], O_RDONLY | O_DIRECTORY);
            failed = folder < 0 || fsync(folder) < 0;
            close(folder);
        }
        puts(failed ? "failed" : "done");
        fflush(stdout);
    }
    return 0;
}
