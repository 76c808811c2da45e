// SPDX-License-Identifier: GPL-2.0-or-later
// C++ with threads: std::thread, futures, atomics, exceptions that cross frames and threads, std::filesystem.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

struct Guard {
	static std::atomic<int> alive;
	Guard() { alive++; }
	~Guard() { alive--; }
};
std::atomic<int> Guard::alive{0};

static int deep(int n)
{
	Guard g;
	if (n == 0)
		throw std::out_of_range("the bottom");
	return deep(n - 1) + 1;
}

static void exceptions()
{
	std::vector<std::thread> threads;
	std::atomic<int> caught{0};

	for (int i = 0; i < 8; i++) {
		threads.emplace_back([&, i] {
			for (int j = 0; j < 50; j++) {
				try {
					deep(i + j % 20);
				} catch (const std::logic_error &e) {
					caught += std::string(e.what()) == "the bottom";
				}
			}
		});
	}
	for (auto &t : threads)
		t.join();
	std::cout << "caught " << caught << " alive " << Guard::alive << '\n';
	auto f = std::async(std::launch::async, [] { return deep(5); });
	try {
		f.get();
	} catch (const std::exception &e) {
		std::cout << "through a future: " << e.what() << '\n';
	}
	try {
		try {
			deep(3);
		} catch (...) {
			std::throw_with_nested(std::runtime_error("outer"));
		}
	} catch (const std::runtime_error &e) {
		std::cout << "nested " << e.what() << '\n';
	}
}

static void sync()
{
	std::mutex m;
	std::condition_variable cv;
	std::vector<int> queue;
	bool done = false;
	long sum = 0;
	std::thread consumer([&] {
		std::unique_lock<std::mutex> lock(m);
		for (;;) {
			cv.wait(lock, [&] { return done || !queue.empty(); });
			if (queue.empty())
				return;
			sum += queue.back();
			queue.pop_back();
		}
	});
	std::vector<std::thread> producers;
	for (int i = 0; i < 4; i++) {
		producers.emplace_back([&, i] {
			for (int j = 0; j < 500; j++) {
				std::lock_guard<std::mutex> lock(m);
				queue.push_back(i * j);
				cv.notify_one();
			}
		});
	}
	for (auto &p : producers)
		p.join();
	{
		std::lock_guard<std::mutex> lock(m);
		done = true;
	}
	cv.notify_all();
	consumer.join();
	std::cout << "sum " << sum << '\n';
	std::atomic<unsigned long long> count{0};
	std::vector<std::future<void>> futures;
	for (int i = 0; i < 8; i++)
		futures.push_back(std::async(std::launch::async, [&] { for (int j = 0; j < 20000; j++) count++; }));
	for (auto &f : futures)
		f.get();
	std::cout << "count " << count << '\n';
	std::shared_mutex rw;
	std::map<int, int> table;
	std::vector<std::thread> users;
	for (int i = 0; i < 4; i++) {
		users.emplace_back([&, i] {
			for (int j = 0; j < 200; j++) {
				if (j % 10 == 0) {
					std::unique_lock<std::shared_mutex> lock(rw);
					table[i * 1000 + j] = j;
				} else {
					std::shared_lock<std::shared_mutex> lock(rw);
					if (table.count(-1))
						std::cout << "?\n";
				}
			}
		});
	}
	for (auto &u : users)
		u.join();
	std::cout << "table " << table.size() << '\n';
	static thread_local int mine = 5;
	std::thread([] { mine = 6; }).join();
	std::cout << "thread_local " << mine << '\n';
	auto start = std::chrono::steady_clock::now();
	std::this_thread::sleep_for(std::chrono::milliseconds(20));
	std::cout << "slept " << (std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(20)) << '\n';
}

static void files()
{
	fs::create_directories("a/b/c");
	for (int i = 0; i < 5; i++)
		std::ofstream("a/b/f" + std::to_string(i)) << std::string(100 * i, 'x');
	fs::copy("a", "copy", fs::copy_options::recursive);
	fs::create_symlink("f1", "a/b/link");
	fs::rename("a/b/f2", "a/moved");
	fs::permissions("a/moved", fs::perms::owner_read);
	fs::resize_file("a/b/f3", 7);
	std::set<std::string> names;
	for (auto &e : fs::recursive_directory_iterator("."))
		names.insert(e.path().string() + (e.is_symlink() ? "@" : e.is_directory() ? "/" : " " + std::to_string(e.file_size())));
	for (auto &n : names)
		std::cout << n << '\n';
	std::cout << fs::remove_all("copy") << ' ' << fs::exists("copy") << ' ' << fs::read_symlink("a/b/link").string() << '\n';
	std::cout << fs::canonical("a/b/../b/link").filename() << ' ' << fs::equivalent("a/b/f1", "a/b/link") << '\n';
	try {
		std::cout << fs::file_size("no/such");
	} catch (const fs::filesystem_error &e) {
		std::cout << e.code().message() << '\n';
	}
}

int main()
{
	exceptions();
	sync();
	files();
	return 3;
}
