// No allocation, shown the hard way: a process that has no memory left still does its work. Any malloc there, even one
// that is freed at once, ends it.

import Glibc

/// The blocks taken, each holding the address of the one before: a malloc whose block nobody keeps is optimised away.
nonisolated(unsafe) private var hoard: UnsafeMutableRawPointer?

/// Takes all memory that malloc can still give to this thread and forbids the process to get more.
package func takeAllMemory() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    limit.rlim_cur = 0
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    var size = 1 << 24
    while size >= 8 {
        while let block = malloc(size) {
            block.storeBytes(of: hoard, as: UnsafeMutableRawPointer?.self)
            hoard = block
        }
        size = size > 2048 ? size / 2 : size - 8
    }
}

/// Sanitizers bring their own malloc, which a limit does not starve; unoptimised Swift allocates where release does
/// not.
package let canStarve: Bool = {
    #if DEBUG
        return false
    #else
        return dlsym(nil, "__asan_init") == nil && dlsym(nil, "__tsan_init") == nil
    #endif
}()
