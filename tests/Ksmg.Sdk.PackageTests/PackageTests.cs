using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Documentation;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.PackageTests;

/// <summary>What users get: the packages as they are packed, without the sources.</summary>
public sealed class PackageTests
{
    private static readonly string Folder = Variable("KSMG_PACKAGES");
    private static readonly string Version = Variable("KSMG_VERSION");

    /// <summary>What the product rests on. Pinned centrally, they are named by the packages above it too.</summary>
    private static readonly HashSet<string> OfTheSdk =
        [
            "Microsoft.Extensions.Http",
            "Microsoft.Extensions.Options.ConfigurationExtensions",
            "Microsoft.Extensions.Options.DataAnnotations",
            "Polly.Core",
            "System.IO.Hashing",
        ];

    [Fact]
    public async Task The_quick_start_runs_on_the_packages()
    {
        UpgradeReport report = await QuickStart.RunAsync().WaitAsync(TimeSpan.FromMinutes(4));

        Assert.Equal(UpgradeEnd.Completed, report.End);
    }

    [Fact]
    public async Task A_documented_file_and_a_balancer_of_ones_own_make_a_cluster()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-packages-");
        try
        {
            foreach (string file in (string[])["ksmg-password", "ksmg-key", "ksmg-known-hosts", "imap-password"])
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, file), "0123456789abcdef");
            }

            string cluster = Path.Combine(folder.FullName, "cluster.json");
            await File.WriteAllTextAsync(cluster, """
                { "Ksmg": {
                  "Name": "mail-eu",
                  "Nodes": [ { "Name": "gw1", "Address": "https://10.0.0.11", "Smtp": "10.0.0.11:25" }, { "Name": "gw2", "Address": "https://10.0.0.12", "Smtp": "10.0.0.12:25" } ],
                  "Credentials": { "UserName": "Administrator", "PasswordFile": "ksmg-password" },
                  "LoadBalancer": { "Kind": "HaProxy", "Endpoint": "10.0.0.5:9999", "Backend": "smtp", "Servers": { "gw1": "mx1", "gw2": "mx2" } },
                  "Snapshots": { "Kind": "Libvirt", "Uri": "qemu:///system", "Domains": { "gw1": "ksmg-gw1", "gw2": "ksmg-gw2" } },
                  "Configuration": { "Kind": "Ssh", "User": "admin", "KeyFile": "ksmg-key", "KnownHostsFile": "ksmg-known-hosts", "Paths": [ "/etc/postfix/main.cf" ] },
                  "MailProbe": { "Kind": "SmtpImap", "From": "probe@example.org", "To": "probe@example.org",
                    "Imap": "imap.example.org:993", "ImapUserName": "probe", "ImapPasswordFile": "imap-password" },
                  "Policy": { "PauseAfter": "First", "DrainTimeout": "02:00:00" } } }
                """);

            await using ServiceProvider documented = new ServiceCollection()
                .AddKsmg(ClusterFile.Load(cluster).Section)
                .AddConfiguredUpgrade().Services.BuildServiceProvider();
            UpgradePorts ports = documented.GetRequiredKeyedService<UpgradePorts>(string.Empty);
            Assert.NotNull(documented.GetRequiredService<RollingUpgradeOrchestrator>());
            Assert.Equal(["gw1", "gw2"], documented.GetRequiredService<KsmgCluster>().Nodes.Select(node => node.Name));
            Assert.IsType<HaProxyLoadBalancer>(ports.LoadBalancer);
            Assert.IsType<LibvirtSnapshotProvider>(ports.Snapshots);
            Assert.IsType<SshConfigurationFiles>(ports.Configuration);
            Assert.IsType<SmtpImapMailProbe>(ports.MailProbe);

            await using ServiceProvider own = new ServiceCollection()
                .AddKsmg(ClusterFile.Load(cluster).Section)
                .AddConfiguredUpgrade()
                .UseLoadBalancer<OwnBalancer>()
                .Services.BuildServiceProvider();
            Assert.NotNull(own.GetRequiredService<RollingUpgradeOrchestrator>());
            Assert.IsType<OwnBalancer>(own.GetRequiredKeyedService<UpgradePorts>(string.Empty).LoadBalancer);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Ksmg.Sdk", false)]
    [InlineData("Ksmg.Sdk.Infrastructure", true)]
    [InlineData("Ksmg.Simulator", true)]
    public void A_library_brings_readme_documentation_licence_symbols_and_few_dependencies(string id, bool needsSdk)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.nupkg"));
        XElement metadata = Metadata(package, id);

        Assert.NotNull(package.GetEntry("README.md"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.dll"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
        Assert.NotNull(package.GetEntry("CHANGELOG.md"));
        Assert.NotNull(package.GetEntry("icon.png"));
        Assert.Equal("README.md", Value(metadata, "readme"));
        Assert.Equal("icon.png", Value(metadata, "icon"));
        Assert.Contains("CHANGELOG.md", Value(metadata, "releaseNotes"), StringComparison.Ordinal);
        using (StreamReader readme = new(package.GetEntry("README.md")!.Open()))
        {
            string text = readme.ReadToEnd();
            Assert.StartsWith($"# {id}\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
            Assert.DoesNotContain("](", text, StringComparison.Ordinal);
        }

        Assert.Equal("MIT", Value(metadata, "license"));
        string[] dependencies = [.. metadata.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)];
        Assert.Equal(needsSdk, dependencies.Contains("Ksmg.Sdk"));
        Assert.Subset(
            id == "Ksmg.Sdk.Infrastructure"
                ? [.. OfTheSdk, "MailKit", "Microsoft.Extensions.Configuration.EnvironmentVariables", "Microsoft.Extensions.Configuration.Json"]
                : OfTheSdk,
            dependencies.Where(dependency => dependency != "Ksmg.Sdk").ToHashSet());

        using ZipArchive symbols = ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.snupkg"));
        Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
    }

    [Fact]
    public void Packages_name_the_commit_they_were_built_from()
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(Folder, $"Ksmg.Sdk.{Version}.nupkg"));
        XElement repository = Metadata(package, "Ksmg.Sdk").Elements().Single(e => e.Name.LocalName == "repository");

        Assert.Equal("git", repository.Attribute("type")!.Value);
        Assert.Matches("^[0-9a-f]{40}$", repository.Attribute("commit")!.Value);
    }

    [Fact]
    public async Task The_tool_shows_its_commands()
    {
        (int exitCode, string output) = await RunToolAsync("--help");

        Assert.Equal(0, exitCode);
        Assert.Contains("upgrade", output);
    }

    [Fact]
    public async Task The_tool_runs_the_demo()
    {
        (int exitCode, string output) = await RunToolAsync("demo", "--fast", "--size", "1MiB");

        Assert.True(exitCode == 0, output);
        Assert.Contains("lost 0", output);
    }

    private static XElement Metadata(ZipArchive package, string id)
    {
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    private static string? Value(XElement metadata, string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;

    private static async Task<(int ExitCode, string Output)> RunToolAsync(params string[] arguments)
    {
        string tool = Path.Combine(Variable("KSMG_TOOL"), OperatingSystem.IsWindows() ? "ksmg.exe" : "ksmg");
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        using Process process =
            Process.Start(new ProcessStartInfo(tool, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set: run eng/test-packages.sh.");

    /// <summary>A load balancer that nobody has but the user.</summary>
    private sealed class OwnBalancer : ILoadBalancer
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyDictionary<string, LoadState>>(new Dictionary<string, LoadState>());

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
