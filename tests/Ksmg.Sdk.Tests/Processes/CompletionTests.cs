using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>The completion scripts in the shells they are for.</summary>
[Trait("Category", "Slow")]
[Collection(SeparateProcesses.Name)]
public sealed class CompletionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-completion-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("bash")]
    public async Task Bash_completes_commands_options_and_runs()
    {
        foreach (string run in (string[])["20260105-080000-ab12", "20260106-080000-cd34"])
        {
            _folder.CreateSubdirectory(run);
        }

        Assert.Equal(["status"], await CompleteAsync("ksmg sta"));
        Assert.Equal(["--watch"], await CompleteAsync("ksmg status --wa"));
        Assert.Equal(["flush"], await CompleteAsync("ksmg queue fl"));
        Assert.Equal(["latest"], await CompleteAsync($"ksmg status --runs {_folder.FullName} la"));
        Assert.Equal(["20260106-080000-cd34"], await CompleteAsync($"ksmg report --runs {_folder.FullName} 20260106"));
        Assert.Empty(await CompleteAsync("ksmg plan --package up"));
    }

    [ServerFact("zsh")]
    public Task Zsh_can_read_its_script() => ReadAsync("zsh", "-n");

    [ServerFact("fish")]
    public Task Fish_can_read_its_script() => ReadAsync("fish", "--no-execute");

    /// <summary>What the shell offers behind a line.</summary>
    private static async Task<string[]> CompleteAsync(string line)
    {
        string script = $$"""
            ksmg() { dotnet exec '{{CliProcess.Tool}}' "$@"; }
            source <(ksmg completion bash)
            COMP_LINE="$1" COMP_POINT=${#1}
            read -ra COMP_WORDS <<<"$1"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            complete -p ksmg | grep -q _ksmg && _ksmg
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        await using CliProcess bash = CliProcess.StartProgram("bash", "-c", script, "bash", line);
        Assert.True(await bash.WaitAsync() == 0, bash.Error);
        return bash.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task ReadAsync(string shell, string check)
    {
        string script = Path.Combine(_folder.FullName, $"ksmg.{shell}");
        File.WriteAllText(script, (await CliFixture.RunAsync("completion", shell)).Output);
        await using CliProcess reader = CliProcess.StartProgram(shell, check, script);
        Assert.True(await reader.WaitAsync() == 0, reader.Error);
    }
}
