using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Which program is started, and what it learns of us.</summary>
[Collection(Alone.Name)]
public sealed class ProgramSecurityTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-programs-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("sh")]
    public async Task A_program_that_lies_in_the_current_folder_or_beside_the_runtime_is_not_the_one_that_is_meant()
    {
        string name = $"ksmg-planted-{Guid.NewGuid():N}";
        string[] places = [Environment.CurrentDirectory, Path.GetDirectoryName(Environment.ProcessPath)!];
        try
        {
            foreach (string place in places)
            {
                Plant(Path.Combine(place, name));
            }

            KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => RunAsync(name));
            Assert.Contains("no folder of the PATH", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            foreach (string place in places)
            {
                File.Delete(Path.Combine(place, name));
            }
        }
    }

    [ServerFact("sh")]
    public void Folders_of_the_path_count_when_they_are_named_in_full()
    {
        string name = $"ksmg-on-path-{Guid.NewGuid():N}";
        Plant(Path.Combine(_folder.FullName, name));
        string? before = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", $"{before}:{Path.GetRelativePath(Environment.CurrentDirectory, _folder.FullName)}:.::");
            Assert.Null(ProgramPath.Find(name));
            Environment.SetEnvironmentVariable("PATH", $"{before}:{_folder.FullName}");
            Assert.Equal(Path.Combine(_folder.FullName, name), ProgramPath.Find(name));
            Assert.Equal(Path.Combine(_folder.FullName, name), ProgramPath.Find(Path.Combine(_folder.FullName, name)));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
    }

    [ServerFact("env")]
    public async Task No_secret_of_ours_is_inherited()
    {
        string[] names = [.. Enumerable.Range(0, 4).Select(_ => $"SECRET_{Guid.NewGuid():N}")];
        string configured = $"KSMG__Notifications__{Guid.NewGuid():N}__Url";
        string other = $"OTHER_{Guid.NewGuid():N}";
        string[] all = [.. names, configured, other];
        Array.ForEach(all, name => Environment.SetEnvironmentVariable(name, "canary-value"));
        string environment;
        try
        {
            _ = new KsmgCredentials { PasswordEnvironment = names[0] };
            _ = new SmtpImapOptions { ImapPasswordEnvironment = names[1] };
            _ = new SmtpNotifierOptions { PasswordEnvironment = names[2] };
            _ = new WebhookOptions { SecretEnvironment = names[3] };
            environment = System.Text.Encoding.UTF8.GetString((await RunAsync("env")).Output.Span);
        }
        finally
        {
            Array.ForEach(all, name => Environment.SetEnvironmentVariable(name, null));
        }

        Assert.All((string[])[.. names, configured], name => Assert.DoesNotContain(name, environment, StringComparison.Ordinal));
        Assert.Contains($"{other}=canary-value", environment, StringComparison.Ordinal);
        Assert.Contains("PATH=", environment, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_program_complains_about_is_one_line_without_tricks() =>
        Assert.Equal("no such domain Completed x", new ProcessResult(1, default, "no \u001bsuch\r\n\u202edomain\u2028Completed\u0085 \u200bx\n").Complaint);

    private static Task<ProcessResult> RunAsync(string program) =>
        new ProcessRunner(TimeProvider.System).RunAsync(new ProcessCall(program, [], TimeSpan.FromSeconds(30)), CancellationToken.None);

    private static void Plant(string path)
    {
        File.WriteAllText(path, "#!/bin/sh\necho planted\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
