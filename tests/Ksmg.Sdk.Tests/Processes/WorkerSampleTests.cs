using System.Net.Http.Headers;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>The sample service as a service manager runs it: nothing but an end of the run gives 0.</summary>
[Trait("Category", "Slow")]
[Collection(SeparateProcesses.Name)]
public sealed class WorkerSampleTests : IDisposable
{
    private static readonly string _program = CliProcess.Built("samples", "Ksmg.Samples.Worker");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-worker-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("none", "no cluster configuration", "--Worker:Package=x.zip")]
    [InlineData("good", "none of them may be empty", "--Worker:Package=")]
    [InlineData("good", "none of them may be empty", "--Worker:Runs= ")]
    [InlineData("good", "none of them may be empty", "--Worker:Cluster=")]
    [InlineData("good", "Worker:At", "--Worker:At=tomorrow")]
    [InlineData("broken", "cluster.json", "--Worker:Package=x.zip")]
    [InlineData("no nodes", "Nodes", "--Worker:Package=x.zip")]
    [InlineData("good", "at least 16 characters", "--Page:Tokens:0:Name=wall")]
    [InlineData("good", "Token", "--Page:Token:0:Value=0123456789abcdef")]
    [InlineData("good", "Tokens", "--Page:Tokens:0=0123456789abcdef")]
    [InlineData("good", "Tokens", "--Page:Tokens=0123456789abcdef")]
    public async Task A_mistake_is_one_line_and_64(string cluster, string says, string argument)
    {
        await using CliProcess worker = Start(cluster, argument);

        Assert.True(await worker.WaitAsync() == 64, worker.Output + worker.Error);
        Assert.Contains(says, Assert.Single(worker.Error.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_is_not_there_is_a_refusal()
    {
        await using CliProcess worker = Start("good", "--Worker:Package=nowhere.zip");

        Assert.True(await worker.WaitAsync() == 5, worker.Output + worker.Error);
        Assert.Contains("nowhere.zip", worker.Output, StringComparison.Ordinal);
    }

    [ServerFact("kill")]
    public async Task A_time_that_no_timer_reaches_is_waited_for()
    {
        await using CliProcess worker = Start(
            "good", $"--Worker:At={TimeProvider.System.GetUtcNow().AddDays(60):O}", "--Page:Tokens:0:Name=wall", "--Page:Tokens:0:Value=0123456789abcdef");
        await worker.WaitForLineAsync("The upgrade begins at");
        await worker.WaitForLineAsync("Application started");

        // Meanwhile the page is there, and who may look says so.
        string address = (await worker.WaitForLineAsync("Now listening on: http://127.0.0.1:")).Split("on: ")[1].Trim();
        using HttpClient http = new() { BaseAddress = new Uri(address) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0123456789abcdef");
        Assert.Equal("[{\"name\":\"ksmg\",\"runs\":0,\"newest\":null}]", await http.GetStringAsync(new Uri("/ksmg/api/clusters", UriKind.Relative)));
        using HttpResponseMessage health = await http.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal("Unhealthy", await health.Content.ReadAsStringAsync());
        await worker.SignalAsync("TERM");

        Assert.Equal(2, await worker.WaitAsync());
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "runs")));
    }

    private CliProcess Start(string cluster, params string[] arguments)
    {
        string path = Path.Combine(_folder.FullName, "cluster.json");
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        string? content = cluster switch
        {
            "good" => """{ "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" } } }""",
            "broken" => "{ \"Ksmg\": {",
            "no nodes" => """{ "Ksmg": { "Credentials": { "UserName": "a", "PasswordFile": "pw" } } }""",
            _ => null,
        };
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }

        return CliProcess.StartProgram(
            "dotnet", ["exec", _program, $"--Worker:Cluster={path}", $"--Worker:Runs={Path.Combine(_folder.FullName, "runs")}", .. arguments]);
    }
}
