using System.Text;

namespace Ksmg.Cli;

/// <summary>Asks for a password on the terminal, without showing it.</summary>
internal static class PasswordPrompt
{
    public static async Task<KsmgCredentials> AskAsync(string userName, CliConsole console)
    {
        if (!console.CanAsk)
        {
            throw new CliException(ExitCodes.Usage, "There is no password, and nobody to ask for it: name a file in Credentials.PasswordFile, or an environment variable in Credentials.PasswordEnvironment.");
        }

        await console.Error.WriteAsync($"Password of {userName}: ").ConfigureAwait(false);
        string password = ReadHidden();
        await console.Error.WriteLineAsync().ConfigureAwait(false);
        return new KsmgCredentials(userName, _ => ValueTask.FromResult(password));
    }

    private static string ReadHidden()
    {
        StringBuilder password = new();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key != ConsoleKey.Backspace)
            {
                password.Append(key.KeyChar);
            }
            else if (password.Length > 0)
            {
                password.Length--;
            }
        }

        return password.ToString();
    }
}
