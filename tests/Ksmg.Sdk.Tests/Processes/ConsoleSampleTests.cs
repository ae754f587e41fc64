using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>The sample program as somebody tries it who has just found it.</summary>
[Trait("Category", "Slow")]
[Collection(SeparateProcesses.Name)]
public sealed class ConsoleSampleTests : IDisposable
{
    private static readonly string _program = CliProcess.Built("samples", "Ksmg.Samples.Console");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-console-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>A cluster of the user's own is never taken for leave to upgrade a simulated one.</summary>
    [Fact]
    public async Task One_file_is_a_mistake()
    {
        await using CliProcess sample = CliProcess.StartProgram("dotnet", "exec", _program, "cluster.json");

        Assert.Equal(64, await sample.WaitAsync());
        Assert.Contains("cluster.json and update.zip", sample.Error, StringComparison.Ordinal);
    }

    [ServerFact("env")]
    public async Task A_simulated_cluster_is_upgraded_and_its_package_deleted()
    {
        await using CliProcess sample = Start();

        Assert.True(await sample.WaitAsync() == 0, sample.Output + sample.Error);
        Assert.Contains("gw1 was watched", sample.Output, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles("update.zip", SearchOption.AllDirectories));
    }

    /// <summary>While it plans, the program ends as any other does; the simulated cluster in it leaves signals alone.</summary>
    [ServerTheory("env", "kill")]
    [InlineData("Plan for cluster", 130, 2)]
    [InlineData("S1   Taking", 2, 2)]
    public async Task An_interrupt_lets_go_of_the_run(string at, int one, int other)
    {
        await using CliProcess sample = Start();
        await sample.WaitForLineAsync(at);
        await sample.SignalAsync("INT");

        int code = await sample.WaitAsync();
        Assert.True(code == one || code == other, $"{code}: {sample.Output}{sample.Error}");
        Assert.DoesNotContain("gw1 was watched", sample.Output, StringComparison.Ordinal);
    }

    private CliProcess Start() => CliProcess.StartProgram("env", "--default-signal=INT", $"TMPDIR={_folder.FullName}", "dotnet", "exec", _program);
}
