using System.IO.Compression;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary><c>ksmg package upload</c> to a simulated node, cut on the way: what people see, what the node holds at the end.</summary>
public sealed class CliUploadTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-upload-");

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(0, false)]
    [InlineData(0.5, false)]
    [InlineData(0.999, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(0.5, true)]
    [InlineData(0.999, true)]
    [InlineData(1, true)]
    public async Task A_cut_upload_is_told_and_ends_whole(double at, bool resumable)
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, PackageBytes = 8 << 20, ResumableUploads = resumable }).WaitAsync(Limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        cluster.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Node = "gw1", Fraction = at });
        SimulatedNodeEndpoint node = cluster.Nodes[0];
        string[] args =
        [
            "package", "upload", Path.Combine(_folder.FullName, "update.zip"), "--to", node.Url.ToString(), "--fingerprint", node.Fingerprint!,
            "--password-file", Path.Combine(_folder.FullName, "ksmg-password"), "--json", .. resumable ? (string[])["--resumable"] : [],
        ];

        CliAnswer answer = await CliFixture.RunAsync(args).WaitAsync(Limit);

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        JsonNode told = JsonNode.Parse(answer.Output)!;
        Assert.Equal(cluster.Package.Sha256, told["sha256"]!.GetValue<string>());
        UploadedUpdate held = Assert.Single(cluster.World["gw1"].ListUploads());
        Assert.Equal((cluster.Package.Sha256, cluster.Package.SizeBytes, true), (held.Sha256, held.ReceivedBytes, held.IsComplete));
        Assert.Equal(at < 1, answer.Error.Contains("attempt 2", StringComparison.Ordinal));
        if (at is 0.5)
        {
            Assert.Contains(resumable ? "attempt 2 goes on at 4" : "attempt 2 begins anew", answer.Error, StringComparison.Ordinal);
        }
    }

    [Trait("Category", "Slow")]
    [Fact]
    public async Task A_node_of_another_tongue_is_sent_to_by_its_dialect()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, PackageBytes = 1 << 20, Foreign = true }).WaitAsync(Limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        SimulatedNodeEndpoint node = cluster.Nodes[0];
        string[] args =
        [
            "package", "upload", Path.Combine(_folder.FullName, "update.zip"), "--to", node.Url.ToString(), "--fingerprint", node.Fingerprint!,
            "--password-file", Path.Combine(_folder.FullName, "ksmg-password"),
        ];
        string dialect = Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "foreign.dialect.json");

        CliAnswer without = await CliFixture.RunAsync(args).WaitAsync(Limit);
        CliAnswer noPassword = await CliFixture.RunAsync(args[..^2]).WaitAsync(Limit);
        CliAnswer both = await CliFixture.RunAsync([.. args, "--dialect", dialect, "--resumable"]).WaitAsync(Limit);
        CliAnswer missing = await CliFixture.RunAsync([.. args, "--dialect", dialect + "x"]).WaitAsync(Limit);
        Assert.Empty(cluster.World["gw1"].ListUploads());
        CliAnswer answer = await CliFixture.RunAsync([.. args, "--dialect", dialect]).WaitAsync(Limit);

        Assert.NotEqual(0, without.ExitCode);
        Assert.Equal((64, 64, 64), (both.ExitCode, missing.ExitCode, noPassword.ExitCode));
        Assert.Contains("--password-file, or an environment variable with --password-env", noPassword.Line, StringComparison.Ordinal);
        Assert.Contains(dialect + "x", missing.Line);
        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        Assert.Equal(cluster.Package.Sha256, Assert.Single(cluster.World["gw1"].ListUploads()).Sha256);
    }

    /// <summary>What <c>plan</c> is told of a renamed package, <c>upload</c> can be told too.</summary>
    [Theory]
    [InlineData(0, "--from", "2.0.1.6960", "--to", "2.1.0.7854")]
    [InlineData(5)]
    [InlineData(5, "--from", "2.1.0.7854", "--to", "2.0.1.6960")]
    [InlineData(64, "--to", "2.1")]
    [InlineData(64, "--to", "2.1.0.7854", "--to", "2.1.0.7854")]
    [InlineData(64, "--to", "https://127.0.0.1")]
    public async Task A_renamed_package_is_uploaded_once_its_builds_are_said(int exitCode, params string[] builds)
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, PackageBytes = 1024 }).WaitAsync(Limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        string renamed = Path.Combine(_folder.FullName, "renamed.ktgz");
        using (ZipArchive zip = ZipFile.OpenRead(Path.Combine(_folder.FullName, "update.zip")))
        {
            zip.Entries[0].ExtractToFile(renamed);
        }

        SimulatedNodeEndpoint node = cluster.Nodes[0];
        string[] args =
        [
            "package", "upload", renamed, .. builds, "--to", node.Url.ToString(), "--fingerprint", node.Fingerprint!,
            "--password-file", Path.Combine(_folder.FullName, "ksmg-password"),
        ];

        CliAnswer answer = await CliFixture.RunAsync(args).WaitAsync(Limit);

        Assert.True(answer.ExitCode == exitCode, answer.Output + answer.Error);
        Assert.Equal(exitCode == 0 ? [cluster.Package.Sha256] : [], cluster.World["gw1"].ListUploads().Select(u => u.Sha256));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
