using System.Security.Cryptography;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>How a worker comes to the package, over real HTTPS: once, verified, and refused otherwise.</summary>
public sealed class FleetPackagesTests : IDisposable
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(3 << 20);
    private static readonly string Hash = Convert.ToHexStringLower(SHA256.HashData(Content));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-packages-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_has_an_address_is_fetched_once_whoever_asks_and_kept_for_the_next_worker()
    {
        int asked = 0;
        await using TestServer server = await ServeAsync(Content, () => Interlocked.Increment(ref asked));
        FleetPlan plan = Plan(new Uri(server.Address, "/update.zip").AbsoluteUri);
        using HttpClient trusting = Trusting(server);
        using (FleetPackages packages = new(folder: _folder.FullName, http: trusting))
        {
            string[] paths = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => packages.GetAsync(plan, CancellationToken.None).AsTask()))
                .WaitAsync(Eventually.Limit);

            string path = Assert.Single(paths.Distinct());
            Assert.Equal(Content, await File.ReadAllBytesAsync(path));
        }

        using FleetPackages next = new(folder: _folder.FullName);
        await next.GetAsync(plan, CancellationToken.None).AsTask().WaitAsync(Eventually.Limit);
        Assert.Equal(1, asked);
        Assert.Single(_folder.GetFiles());
    }

    /// <summary>Another account of the machine could neither read nor replace what the first one had fetched into a folder of all.</summary>
    [Fact]
    public async Task What_is_fetched_is_for_its_account_alone()
    {
        Assert.EndsWith("-" + Environment.UserName, FleetPackages.OwnFolder, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using TestServer server = await ServeAsync(Content, () => { });
        using HttpClient trusting = Trusting(server);
        using FleetPackages packages = new(folder: Path.Combine(_folder.FullName, "own"), http: trusting);
        string path = await packages.GetAsync(Plan(new Uri(server.Address, "/update.zip").AbsoluteUri), CancellationToken.None);

        Assert.Equal(
            ((UnixFileMode)0b111_000_000, (UnixFileMode)0b110_000_000),
            (File.GetUnixFileMode(Path.GetDirectoryName(path)!), File.GetUnixFileMode(path)));
    }

    [Fact]
    public async Task Another_package_than_the_planned_one_is_refused_and_not_kept_and_the_right_one_is_taken_later()
    {
        byte[] served = [.. Content.Reverse()];
        await using TestServer server = await ServeAsync(() => served);
        FleetPlan plan = Plan(new Uri(server.Address, "/update.zip").AbsoluteUri);
        using HttpClient trusting = Trusting(server);
        using FleetPackages packages = new(folder: _folder.FullName, http: trusting);

        PackageException refused = await Assert.ThrowsAsync<PackageException>(() => packages.GetAsync(plan, CancellationToken.None).AsTask());
        Assert.Contains(Hash, refused.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles());

        served = Content;
        Assert.Equal(Content, await File.ReadAllBytesAsync(await packages.GetAsync(plan, CancellationToken.None)));
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_and_plain_http_to_another_machine_are_refused()
    {
        int asked = 0;
        await using TestServer server = await ServeAsync(Content, () => asked++);
        using FleetPackages packages = new(folder: _folder.FullName);

        await Assert.ThrowsAsync<PackageException>(() => packages.GetAsync(Plan(new Uri(server.Address, "/update.zip").AbsoluteUri), default).AsTask());
        await Assert.ThrowsAsync<PackageException>(() => packages.GetAsync(Plan("http://packages.example/update.zip"), default).AsTask());
        Assert.Equal(0, asked);
    }

    /// <summary>Each byte comes before anybody could call the server silent.</summary>
    [Fact]
    public async Task A_server_that_sends_byte_by_byte_is_not_waited_for_without_end()
    {
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
            while (await timer.WaitForNextTickAsync(context.RequestAborted))
            {
                await context.Response.Body.WriteAsync(new byte[1], context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        using HttpClient trusting = Trusting(server);
        using FleetPackages packages = new(folder: _folder.FullName, http: trusting, patience: TimeSpan.FromSeconds(1));

        PackageException slow = await Assert.ThrowsAsync<PackageException>(
            () => packages.GetAsync(Plan(new Uri(server.Address, "/update.zip").AbsoluteUri), default).AsTask().WaitAsync(Eventually.Limit));

        Assert.StartsWith("127.0.0.1 sent no mebibyte of the package within 1 s:", slow.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public async Task A_file_here_has_to_be_the_planned_one_too_and_goes_before_the_place_in_the_plan()
    {
        string good = Path.Combine(_folder.FullName, "good.zip");
        string other = Path.Combine(_folder.FullName, "other.zip");
        await File.WriteAllBytesAsync(good, Content);
        await File.WriteAllBytesAsync(other, Content[1..]);
        using FleetPackages here = new(good);
        using FleetPackages wrong = new(other);
        using FleetPackages missing = new();

        Assert.Equal(good, await here.GetAsync(Plan(other), CancellationToken.None));
        await Assert.ThrowsAsync<PackageException>(() => wrong.GetAsync(Plan(good), CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<PackageException>(() => missing.GetAsync(Plan(good + ".none"), CancellationToken.None).AsTask());
    }

    private static Task<TestServer> ServeAsync(byte[] content, Action asked) => ServeAsync(() =>
    {
        asked();
        return content;
    });

    private static Task<TestServer> ServeAsync(Func<byte[]> content) =>
        TestServer.StartAsync(context => context.Response.Body.WriteAsync(content(), context.RequestAborted).AsTask());

    private static HttpClient Trusting(TestServer server) => new(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => server.Certificate.Equals(certificate) },
    });

    internal static FleetPlan Plan(string place) => new()
    {
        FleetId = "f",
        Name = "f",
        CreatedAt = default,
        From = BuildNumber.Parse("2.0.1.6960"),
        To = BuildNumber.Parse("2.1.0.7854"),
        PackagePath = place,
        PackageSha256 = Hash,
        Packages = [],
        Waves = [],
        Clusters = [],
        Limits = new FleetLimits(),
        Hash = string.Empty,
    };
}
