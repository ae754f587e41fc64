using System.Globalization;
using System.Text;

namespace Ksmg.Cli;

/// <summary>Asks for a password on the terminal, without showing it.</summary>
internal static class PasswordPrompt
{
    private const char EndOfInput = '\u0004';
    private const char EraseLine = '\u0015';

    /// <param name="userName">Whose password.</param>
    /// <param name="console">Where to ask.</param>
    /// <param name="nobody">The words where nobody can be asked: they name what the command takes instead.</param>
    /// <exception cref="CliException">Nobody can be asked, or nobody answers.</exception>
    /// <exception cref="OperationCanceledException">A signal ended the question.</exception>
    public static async Task<KsmgCredentials> AskAsync(string userName, CliConsole console, string nobody = "password.nobody-to-ask")
    {
        if (!console.CanAsk)
        {
            throw new CliException(ExitCodes.Usage, Words.Get(nobody));
        }

        try
        {
            // A thread of its own: reading a key cannot be cancelled, but it can be left behind.
            string password = await Task.Run(() => Ask(userName, console), console.End).WaitAsync(console.End).ConfigureAwait(false);
            return new KsmgCredentials(userName, _ => ValueTask.FromResult(password));
        }
        finally
        {
            await console.Error.WriteLineAsync().ConfigureAwait(false);
        }
    }

    private static string Ask(string userName, CliConsole console)
    {
        console.BeforeKeys();
        console.Error.Write(Words.Get("password.of", Printable.Line(userName)));
        return Read(console.ReadKey);
    }

    private static string Read(Func<ConsoleKeyInfo> readKey)
    {
        StringBuilder password = new();
        while (readKey() is var key && key.Key != ConsoleKey.Enter && key.KeyChar is not ('\r' or '\n'))
        {
            switch (key)
            {
                case { Key: ConsoleKey.Backspace } or { KeyChar: '\b' or '\u007f' }:
                    // A character of two halves goes as a whole.
                    password.Length -= password is [.., _, var last] && char.IsLowSurrogate(last) ? 2 : Math.Min(1, password.Length);
                    break;
                case { KeyChar: EraseLine }:
                    password.Clear();
                    break;
                case { KeyChar: EndOfInput } when password.Length == 0:
                    throw NotGiven();
                case var _ when IsTyped(key):
                    password.Append(key.KeyChar);
                    break;
                default:
                    // Arrows, function keys and the like write nothing.
                    break;
            }
        }

        return password.Length > 0 ? password.ToString() : throw NotGiven();
    }

    /// <summary>AltGr comes as Alt with Control on some systems and writes; Alt alone is a shortcut of the terminal.</summary>
    private static bool IsTyped(ConsoleKeyInfo key) =>
        !char.IsControl(key.KeyChar) && char.GetUnicodeCategory(key.KeyChar) is not (UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned)
        && (key.Modifiers & (ConsoleModifiers.Alt | ConsoleModifiers.Control)) is ConsoleModifiers.None or (ConsoleModifiers.Alt | ConsoleModifiers.Control);

    private static CliException NotGiven() => new(ExitCodes.Usage, Words.Get("password.none"));
}
