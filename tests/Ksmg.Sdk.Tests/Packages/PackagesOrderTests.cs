using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

public sealed class PackagesOrderTests : IDisposable
{
    private static readonly BuildNumber From = BuildNumber.Parse("2.0.0.6478");
    private static readonly BuildNumber Middle = BuildNumber.Parse("2.0.0.6500");
    private static readonly BuildNumber To = BuildNumber.Parse("2.0.1.6960");

    private readonly PackageFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Hops_are_chained_by_their_builds_in_whatever_order_the_zip_lists_them() =>
        Prop.ForAll(Gen.Shuffle(Enumerable.Range(0, 5).ToArray()).ToArbitrary(), order =>
        {
            UpdatePackage package = Open(null, [.. order.Select(i => $"ksmg_upgrade_2.{i}.0.1_2.{i + 1}.0.1.ktgz")]);
            return package.Files.Select(f => f.From.Minor).SequenceEqual([0, 1, 2, 3, 4])
                && package.From.Minor == 0 && package.To.Minor == 5 && package.Files.All(f => !f.IsPreliminary);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_preliminary_package_with_its_own_build_goes_before_the_main_one()
    {
        UpdatePackage package = Open(null, $"ksmg_upgrade_{Middle}_{To}.ktgz", $"ksmg_upgrade_{From}_{Middle}.ktgz");

        Assert.Equal([(From, Middle, false), (Middle, To, false)], package.Files.Select(f => (f.From, f.To, f.IsPreliminary)));
    }

    [Fact]
    public void A_preliminary_package_of_the_same_hop_goes_where_the_operator_says()
    {
        UpdatePackage package = Open(
            new UpdatePackageOptions { From = From, To = To, Files = ["preliminary.ktgz", "main.ktgz"] }, "main.ktgz", "preliminary.ktgz");

        Assert.Equal(["preliminary.ktgz", "main.ktgz"], package.Files.Select(f => f.Name));
        Assert.Equal([(From, To, true), (From, To, false)], package.Files.Select(f => (f.From, f.To, f.IsPreliminary)));
        Assert.Equal(2, package.Warnings.Count);
    }

    [Fact]
    public void A_renamed_package_takes_its_builds_from_its_neighbours()
    {
        UpdatePackage package = Open(
            new UpdatePackageOptions
            {
                From = From,
                Files = ["first.ktgz", $"ksmg_upgrade_{Middle}_{To}.ktgz"],
            }, $"ksmg_upgrade_{Middle}_{To}.ktgz", "first.ktgz");

        Assert.Equal([(From, Middle), (Middle, To)], package.Files.Select(f => (f.From, f.To)));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("2.0.0.1", null)]
    [InlineData(null, "2.3.0.1")]
    [InlineData("2.0.0.1", "2.3.0.1")]
    public void Renamed_packages_in_the_middle_lead_from_the_one_before_to_the_one_behind(string? from, string? to)
    {
        string[] names = ["ksmg_upgrade_2.0.0.1_2.1.0.1.ktgz", "a.ktgz", "b.ktgz", "ksmg_upgrade_2.2.0.1_2.3.0.1.ktgz"];
        UpdatePackage package = Open(
            new UpdatePackageOptions
            {
                From = from is null ? null : BuildNumber.Parse(from),
                To = to is null ? null : BuildNumber.Parse(to),
                Files = names,
            }, names);

        Assert.Equal([(0, 1, false), (1, 2, true), (1, 2, false), (2, 3, false)], package.Files.Select(f => (f.From.Minor, f.To.Minor, f.IsPreliminary)));
    }

    [Fact]
    public void A_renamed_package_is_taken_as_the_operator_says()
    {
        UpdatePackage package = Open(new UpdatePackageOptions { From = From, To = To }, "update (1).ktgz");

        Assert.Equal((From, To), (package.From, package.To));
        Assert.Contains("does not say its builds", Assert.Single(package.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_operator_chooses_among_candidates()
    {
        UpdatePackage package = Open(new UpdatePackageOptions { Files = ["b/" + Ktgz] }, "a/" + Ktgz, "b/" + Ktgz);

        Assert.Equal("b/" + Ktgz, Assert.Single(package.Files).Source.Entry);
        Assert.Contains("'a/", Assert.Single(package.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "main.ktgz,preliminary.ktgz", "--from, --to")]
    [InlineData("2.0.0.6478", null, "main.ktgz,preliminary.ktgz", "--from, --to")]
    [InlineData("2.0.0.6478", "2.0.1.6960", "other.ktgz", "not among")]
    [InlineData("2.0.0.6478", "2.0.1.6960", "main.ktgz,main.ktgz", "more than once")]
    [InlineData("2.0.1.6960", "2.0.0.6478", "main.ktgz", "leads down")]
    [InlineData("2.0.1.6960", "2.0.1.6960", "main.ktgz", "same build")]
    public void What_the_operator_says_is_checked(string? from, string? to, string files, string reason)
    {
        UpdatePackageOptions options = new()
        {
            From = from is null ? null : BuildNumber.Parse(from),
            To = to is null ? null : BuildNumber.Parse(to),
            Files = files.Split(','),
        };

        PackageException refused = Assert.Throws<PackageException>(() => Open(options, "main.ktgz", "preliminary.ktgz"));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.0.0.6478", null, "From (--from) says 2.0.0.6478")]
    [InlineData(null, "3.0.0.9059", "To (--to) says 3.0.0.9059")]
    public void Builds_that_contradict_the_name_are_refused(string? from, string? to, string reason)
    {
        UpdatePackageOptions options = new()
        {
            From = from is null ? null : BuildNumber.Parse(from),
            To = to is null ? null : BuildNumber.Parse(to),
        };

        PackageException refused = Assert.Throws<PackageException>(() => Open(options, Ktgz));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_against_the_builds_is_refused()
    {
        string[] names = [$"ksmg_upgrade_{Middle}_{To}.ktgz", $"ksmg_upgrade_{From}_{Middle}.ktgz"];

        PackageException refused = Assert.Throws<PackageException>(() => Open(new UpdatePackageOptions { Files = names }, names));
        Assert.Contains("the order is wrong", refused.Message, StringComparison.Ordinal);
    }

    private UpdatePackage Open(UpdatePackageOptions? options, params string[] names)
    {
        string path = folder.Write(names.Aggregate(new ZipBuilder(), (zip, name) => zip.Add(name, Bytes(70_000))));
        return UpdatePackage.OpenAsync(path, options).GetAwaiter().GetResult();
    }
}
