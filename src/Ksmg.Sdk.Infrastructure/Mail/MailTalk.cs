using System.Text;
using MailKit;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Listens to a conversation that a client of MailKit leads: which command was said last, and the reason a server gives when it hangs up,
/// which the client's own exceptions do not carry.
/// </summary>
internal sealed class MailTalk : IProtocolLogger
{
    /// <summary>As the last command: the message itself.</summary>
    public const string Content = ".";

    private const string Farewells = "* BYE";
    private const int MaxLine = 1000;

    private static readonly string[] _commands = ["EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT"];

    private readonly StringBuilder _line = new();

    /// <summary>The verb of the last SMTP command; empty before the first, which is before the greeting was there.</summary>
    public string LastCommand { get; private set; } = string.Empty;

    /// <summary>Whether the client has said anything.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>The last line that the server said.</summary>
    public string LastLine { get; private set; } = string.Empty;

    /// <summary>What an IMAP server said when it ended the session of its own accord.</summary>
    public string? Farewell { get; private set; }

    /// <summary>Called when a server takes leave: whatever is waited for will not come.</summary>
    public Action? OnFarewell { get; set; }

    public IAuthenticationSecretDetector? AuthenticationSecretDetector { get; set; }

    public void LogConnect(Uri uri)
    {
    }

    public void LogClient(byte[] buffer, int offset, int count)
    {
        HasSpoken = true;
        string verb = Encoding.Latin1.GetString(buffer, offset, Math.Min(count, 8)).Split(' ', '\r')[0];
        bool leaves = verb is "RSET" or "QUIT";
        LastCommand = _commands.FirstOrDefault(c => c == verb) ?? (!leaves && LastCommand is "DATA" or "BDAT" ? Content : LastCommand);
    }

    public void LogServer(byte[] buffer, int offset, int count)
    {
        for (int i = offset; i < offset + count; i++)
        {
            if (buffer[i] == '\n')
            {
                LastLine = _line.ToString();
                _line.Clear();
                if (Farewell is null && LastLine.StartsWith(Farewells, StringComparison.OrdinalIgnoreCase))
                {
                    Farewell = LastLine[2..];
                    OnFarewell?.Invoke();
                }
            }
            else if (_line.Length < MaxLine)
            {
                _line.Append((char)buffer[i]);
            }
        }
    }

    public void Dispose()
    {
    }
}
