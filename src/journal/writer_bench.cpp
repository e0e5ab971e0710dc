// Appends against a raw loop of aligned writes and fdatasync, alternating in one run, on the directory ARK_BENCH_DIR
// (or the temporary one). google-benchmark's own timing does not fit: a run is "so many bytes by so many writers", so
// this has its own repetitions and prints one line each; the ratio of medians is what counts.
#include "disk/aligned.hpp"
#include "journal/embedded.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <semaphore>
#include <thread>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace ark::journal {
namespace {

constexpr int writers = 16;

/// A folder of our own, which is removed afterwards, in the one that ARK_BENCH_DIR names: a real disk.
std::string bench_directory() {
    const char* chosen = std::getenv("ARK_BENCH_DIR");
    const std::filesystem::path parent = chosen != nullptr ? chosen : std::filesystem::temp_directory_path();
    return (parent / "ark-journal-bench").string();
}

std::shared_ptr<model::Batch> make_batch(std::size_t bytes) {
    model::BatchHeader header;
    header.item_count = 90;
    header.received = UnixNanos{1};
    header.tenant = "default";
    Buffer wire(bytes);
    wire.resize(bytes);
    std::memset(wire.data(), 'x', bytes);
    return std::make_shared<model::Batch>(std::move(header), std::move(wire));
}

/// The floor: one thread, one preallocated file, aligned writes of `chunk` bytes, a sync after each.
double raw_bytes_per_second(const std::string& path, std::size_t chunk, std::uint64_t total) {
    auto file = disk::real_disk().open(path, disk::OpenMode::create_direct).value();
    static_cast<void>(file->allocate(total));
    disk::AlignedBuffer buffer(chunk);
    std::memset(buffer.data(), 'x', chunk);
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t at = 0; at + chunk <= total; at += chunk) {
        if (!file->write_at(at, buffer.data(), chunk) || !file->sync()) return 0;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(total / chunk * chunk) / took.count();
}

struct Outcome {
    double records_per_second = 0;
    JournalStatus status;
};

/// Each of the writers sends its next record when the one before was acknowledged.
Outcome append_for(Journal& journal, std::size_t bytes, std::chrono::milliseconds duration) {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> records{0};
    std::vector<std::thread> threads;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < writers; ++i) {
        threads.emplace_back([&] {
            std::binary_semaphore acknowledged(0);
            while (!stop.load(std::memory_order_relaxed)) {
                journal.append(make_batch(bytes), [&](const Result<Receipt>&) { acknowledged.release(); });
                acknowledged.acquire();
                records.fetch_add(1, std::memory_order_relaxed);
            }
        });
    }
    std::this_thread::sleep_for(duration);
    stop = true;
    for (auto& thread : threads)
        thread.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return {static_cast<double>(records) / took.count(), journal.status()};
}

void append_against_raw(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    const auto raw_chunk = static_cast<std::size_t>(state.range(1));
    const auto directory = bench_directory();
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    EmbeddedConfig config;
    config.directory = directory + "/journal";
    config.retention_bytes = 1ull << 30;  // steady state: segments are recycled
    config.tail_bytes_max = 16 << 20;
    auto journal = open_embedded(disk::real_disk(), config, system_clock()).value();
    append_for(*journal, 300'000, std::chrono::milliseconds(2000));  // every extent has been written once

    const auto raw_total = std::min<std::uint64_t>(1ull << 30, raw_chunk * 20'000);
    raw_bytes_per_second(directory + "/raw", raw_chunk, raw_total);
    std::vector<double> ratios;
    Outcome outcome;
    for (auto _ : state) {
        const auto raw = raw_bytes_per_second(directory + "/raw", raw_chunk, raw_total);
        outcome = append_for(*journal, bytes, std::chrono::milliseconds(1500));
        const auto ours = outcome.records_per_second * static_cast<double>(bytes);
        ratios.push_back(ours / raw);
        fmt::print(
            "raw {:.0f} MB/s ({:.0f} syncs/s), journal {:.0f} MB/s, {:.0f} records/s, sync p50 {} us p99 {} us\n",
            raw / 1e6, raw / static_cast<double>(raw_chunk), ours / 1e6, outcome.records_per_second,
            outcome.status.sync_p50_nanos / 1000, outcome.status.sync_p99_nanos / 1000);
    }
    std::sort(ratios.begin(), ratios.end());
    state.counters["ratio_to_raw"] = ratios[ratios.size() / 2];
    state.counters["records_per_second"] = outcome.records_per_second;
    state.counters["records_per_group"] =
        static_cast<double>(outcome.status.appends_total) / static_cast<double>(outcome.status.groups_total);
    state.counters["sync_p50_us"] = static_cast<double>(outcome.status.sync_p50_nanos) / 1000;
    state.counters["sync_p99_us"] = static_cast<double>(outcome.status.sync_p99_nanos) / 1000;
    journal.reset();
    std::filesystem::remove_all(directory);
}
// 300 KB against 4 MiB writes, which is about the group that 16 writers make; 1 KB against one block a sync.
BENCHMARK(append_against_raw)
    ->Args({300'000, 4 << 20})
    ->Args({1'000, 4096})
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);

/// A journal of 512 MiB in records of this size, stopped.
void fill(Journal& journal, std::size_t bytes) {
    const std::uint64_t count = (512ull << 20) / bytes;
    std::counting_semaphore<> acknowledged(0);
    for (std::uint64_t i = 0; i < count; ++i) {
        journal.append(make_batch(bytes), [&](const Result<Receipt>&) { acknowledged.release(); });
        if (i >= 1024) acknowledged.acquire();
    }
    journal.stop();
}

/// Until it is ready to append: mostly reading the last segment, whatever the size of the others.
void reopen(benchmark::State& state) {
    const auto directory = bench_directory();
    std::filesystem::remove_all(directory);
    EmbeddedConfig config;
    config.directory = directory;
    fill(*open_embedded(disk::real_disk(), config, system_clock()).value(), 30'000);
    for (auto _ : state) {
        auto journal = open_embedded(disk::real_disk(), config, system_clock()).value();
        state.PauseTiming();
        journal.reset();
        state.ResumeTiming();
    }
    std::filesystem::remove_all(directory);
}
BENCHMARK(reopen)->Iterations(5)->Unit(benchmark::kMillisecond);

/// Opening a session reads about a thousand batches at random.
void read_at_random(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    const auto directory = bench_directory();
    std::filesystem::remove_all(directory);
    EmbeddedConfig config;
    config.directory = directory;
    config.tail_bytes_max = 0;
    auto journal = open_embedded(disk::real_disk(), config, system_clock()).value();
    fill(*journal, bytes);
    const auto reader = journal->reader(Offset{0});
    for (auto offset = Offset{0}; offset < journal->end();) {  // warm
        const auto batch = reader->next().value();
        offset = batch ? batch->end() : journal->end();
    }
    std::uint64_t seed = 1;
    for (auto _ : state) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        reader->seek(Offset{(seed >> 20) % journal->end().value()});
        benchmark::DoNotOptimize(reader->next().value());
    }
    journal.reset();
    std::filesystem::remove_all(directory);
}
BENCHMARK(read_at_random)->Arg(1'000)->Arg(30'000)->Arg(300'000)->Iterations(20'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ark::journal
