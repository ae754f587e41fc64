using System.Net;
using System.Text.Json.Nodes;
using Ksmg.Cli.Commands;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What the command line makes of logins that are refused, over sockets: one login each, told as what it is.</summary>
public sealed class CliLoginTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-login-");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_password_costs_one_login_a_command_and_locks_nobody_out(bool overCluster)
    {
        await using SimulatedCluster cluster = await StartAsync(overCluster);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "ksmg-password"), "canary-not-the-password");

        CliAnswer plan = await RunAsync("plan", "--package", Path.Combine(_folder.FullName, "update.zip"));
        CliAnswer nodes = await RunAsync("nodes");
        CliAnswer about = await RunAsync("about");
        CliAnswer doctor = await RunAsync("doctor");

        Assert.Equal(4, cluster.GetRequests().Count(r => r.Operation == "user-login"));
        Assert.DoesNotContain(cluster.GetEffects(), e => e.Effect == "account-locked");
        Assert.All(new[] { nodes, about, doctor }, answer => Assert.NotEqual(0, answer.ExitCode));
        foreach (CliAnswer answer in (CliAnswer[])[plan, nodes, about, doctor])
        {
            string said = answer.Output + answer.Error;
            Assert.Contains("refuses the login", said, StringComparison.Ordinal);
            Assert.DoesNotContain("does not answer", said, StringComparison.Ordinal);
            Assert.DoesNotContain("Make it reachable", said, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("LoginAttemptsExceed", "too many failed")]
    [InlineData("PasswordExpired", "the password is expired")]
    [InlineData("PasswordReset", "must be changed first")]
    [InlineData("NTLMServersNotAvailable", "no domain controller")]
    [InlineData("Unknown", "Unknown error")]
    public async Task A_refusal_is_told_by_what_the_product_says(string word, string reason)
    {
        await using SimulatedCluster cluster = await StartAsync(overCluster: true);
        cluster.Faults.Arm(new SimulatedFault { Fault = "login-refused", Node = "gw1", Value = word });
        cluster.Faults.Arm(new SimulatedFault { Fault = "login-refused", Node = "gw2", Value = word });

        CliAnswer nodes = await RunAsync("nodes");

        Assert.Equal(4, nodes.ExitCode);
        Assert.Contains(reason, nodes.Error, StringComparison.Ordinal);
        Assert.Contains("refuses the login", nodes.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_in_another_encoding_is_told_before_a_login_is_spent()
    {
        await using SimulatedCluster cluster = await StartAsync(overCluster: true);
        await File.WriteAllBytesAsync(Path.Combine(_folder.FullName, "ksmg-password"), [0xEF, 0xE0, 0xF0, 0xEE, 0xEB, 0xFC]);

        CliAnswer nodes = await RunAsync("nodes");

        Assert.Contains("is not in UTF-8", nodes.Error, StringComparison.Ordinal);
        Assert.Contains("there is no password", nodes.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.GetRequests(), r => r.Operation == "user-login");
    }

    [Fact]
    public async Task A_node_with_an_answer_nobody_can_read_does_not_hide_the_others()
    {
        await using SimulatedCluster cluster = await StartAsync(overCluster: true);
        await using TestServer odd = await TestServer.StartAsync(async context =>
        {
            if (!await TestServer.AnswerLoginAsync(context))
            {
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync((byte[])[.. "{\"error\":{\"code\":\""u8, 0xFF, .. "\"}}"u8]);
            }
        });
        string path = Path.Combine(_folder.FullName, "cluster.json");
        JsonObject file = JsonNode.Parse(await File.ReadAllTextAsync(path))!.AsObject();
        JsonObject gw2 = file["Ksmg"]!["Nodes"]!.AsArray().Single(n => n!["Name"]!.GetValue<string>() == "gw2")!.AsObject();
        gw2["Address"] = odd.Address.ToString();
        gw2["Fingerprint"] = odd.Fingerprint;
        await File.WriteAllTextAsync(path, file.ToJsonString());

        CliAnswer nodes = await RunAsync("nodes");
        CliAnswer doctor = await RunAsync("doctor");

        Assert.Contains("2.0.1.6960", nodes.Output, StringComparison.Ordinal);
        Assert.Contains("answers something else", nodes.Output, StringComparison.Ordinal);
        Assert.StartsWith("gw2: ", nodes.Line, StringComparison.Ordinal);
        Assert.Contains("works", doctor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("defect", nodes.Error + doctor.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://[::1]:8443", "1")]
    [InlineData("https://[2001:db8::25]", "2001-db8--25")]
    [InlineData("https://почта.example", "xn--80a1acny.example")]
    [InlineData("https://gw_1.example", "gw_1.example")]
    [InlineData("https://10.0.0.11:443", "10.0.0.11")]
    [
        InlineData(
            "https://a-host-name-that-is-longer-than-any-node-may-be-called-in-here.example.test",
            "a-host-name-that-is-longer-than-any-node-may-be-called-in-here")]
    public void Every_host_can_be_uploaded_to(string url, string name)
    {
        KsmgOptions options = FakeNode.Options();
        options.Nodes.Add(PackageUploadCommand.NameOf(new Uri(url)), new Uri(url));

        using KsmgCluster cluster = KsmgCluster.Create(options);

        Assert.StartsWith(name, cluster.Nodes.Single().Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_goes_to_an_address_of_IPv6()
    {
        await using SimulatedCluster cluster = await StartAsync(overCluster: true);
        using System.Net.Sockets.TcpListener listener = new(IPAddress.IPv6Loopback, 0);
        listener.Start();
        using CancellationTokenSource end = new(Limit);
        Task relay = RelayAsync(listener, cluster.Nodes[0].Url.Port, end.Token);

        CliAnswer answer = await CliFixture.RunAsync(
            "package", "upload", Path.Combine(_folder.FullName, "update.zip"), "--to", $"https://[::1]:{((IPEndPoint)listener.LocalEndpoint).Port}",
            "--fingerprint", cluster.Nodes[0].Fingerprint!, "--password-file", Path.Combine(_folder.FullName, "ksmg-password"));

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        Assert.True(Assert.Single(cluster.World["gw1"].ListUploads()).IsComplete);
        await end.CancelAsync();
        await relay;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task RelayAsync(System.Net.Sockets.TcpListener listener, int port, CancellationToken cancellationToken)
    {
        List<Task> pipes = [];
        try
        {
            while (true)
            {
                System.Net.Sockets.TcpClient from = await listener.AcceptTcpClientAsync(cancellationToken);
                System.Net.Sockets.TcpClient to = new();
                await to.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                pipes.Add(from.GetStream().CopyToAsync(to.GetStream(), cancellationToken));
                pipes.Add(to.GetStream().CopyToAsync(from.GetStream(), cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            await ((Task)Task.WhenAll(pipes)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<SimulatedCluster> StartAsync(bool overCluster)
    {
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 3, PackageBytes = 1 << 20, LockoutCountsOverCluster = overCluster }).WaitAsync(Limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        return cluster;
    }

    private Task<CliAnswer> RunAsync(params string[] args) =>
        CliFixture.RunAsync([.. args, "-c", Path.Combine(_folder.FullName, "cluster.json")]).WaitAsync(Limit);
}
