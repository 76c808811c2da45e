// SPDX-License-Identifier: GPL-2.0-or-later
// A static glibc C++ program: iostreams, containers, exceptions across frames, destructors, RTTI, locales.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Trace {
	std::string name;
	explicit Trace(std::string n) : name(std::move(n)) {}
	~Trace() { std::cout << "leaving " << name << '\n'; }
};

struct Shape {
	virtual ~Shape() = default;
	virtual double area() const = 0;
};
struct Square : Shape {
	double side;
	explicit Square(double s) : side(s) {}
	double area() const override { return side * side; }
};
struct Disc : Shape {
	double area() const override { return 3.14159265358979; }
};

static int thrower(int depth)
{
	Trace t("frame " + std::to_string(depth));
	if (depth == 0)
		throw std::out_of_range("the bottom");
	return thrower(depth - 1) + 1;
}

static void rethrower()
{
	try {
		thrower(3);
	} catch (const std::out_of_range &e) {
		std::throw_with_nested(std::runtime_error("on the way up"));
	}
}

int main()
{
	try {
		rethrower();
	} catch (const std::exception &e) {
		std::cout << "caught " << e.what() << '\n';
		try {
			std::rethrow_if_nested(e);
		} catch (const std::exception &inner) {
			std::cout << "  because of " << inner.what() << '\n';
		}
	}
	int caught = 0;
	for (int i = 0; i < 5000; i++) {
		try {
			throw i;
		} catch (int n) {
			caught += n & 1;
		}
	}
	std::cout << caught << " odd exceptions\n";

	std::vector<std::unique_ptr<Shape>> shapes;
	shapes.push_back(std::make_unique<Square>(2.5));
	shapes.push_back(std::make_unique<Disc>());
	for (const auto &s : shapes)
		std::cout << (dynamic_cast<Square *>(s.get()) ? "square " : "other ") << std::fixed
			  << std::setprecision(6) << s->area() << '\n';

	std::map<std::string, int> words;
	std::istringstream text("the quick brown fox jumps over the lazy dog and the cat");
	for (std::string w; text >> w;)
		words[w]++;
	for (const auto &[word, n] : words)
		std::cout << std::setw(6) << word << ' ' << n << '\n';
	std::vector<int> v(100000);
	for (size_t i = 0; i < v.size(); i++)
		v[i] = static_cast<int>((i * 2654435761u) % 1000003);
	std::sort(v.begin(), v.end());
	std::cout << v.front() << ' ' << v[v.size() / 2] << ' ' << v.back() << '\n';
	std::cout << std::regex_replace("a1b22c333", std::regex("[0-9]+"), "#") << '\n';
	try {
		std::vector<char> huge;
		huge.resize(huge.max_size());
	} catch (const std::bad_alloc &) {
		std::cout << "bad_alloc\n";
	} catch (const std::length_error &) {
		std::cout << "length_error\n";
	}
	std::cerr << "to stderr\n";
	return 42;
}
