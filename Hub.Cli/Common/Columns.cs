using Spectre.Console;

namespace Hub.Cli.Common;

/// <summary>
/// Rows under headings: a table in a terminal, plain text elsewhere, and in a terminal that is too narrow: a table would break ids
/// into pieces that nobody can copy.
/// </summary>
internal static class Columns
{
    private const string Gap = "  ";

    /// <summary>What the table's borders take of each column at most.</summary>
    private const int Padding = 4;

    public static void Write(TextWriter output, string[] headings, IEnumerable<string[]> rows)
    {
        List<string[]> all = [headings, .. rows.Select(row => row.Select(Terminal.Harmless).ToArray())];
        var widths = headings.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (console.Profile.Out.IsTerminal && widths.Sum(width => width + Padding) <= console.Profile.Width)
            WriteTable(console, all);
        else
            WritePlain(output, all, widths);
    }

    private static void WriteTable(IAnsiConsole console, List<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(rows[0]);
        foreach (var row in rows.Skip(1))
            table.AddRow(row.Select(cell => new Text(cell)));
        console.Write(table);
    }

    private static void WritePlain(TextWriter output, List<string[]> rows, int[] widths)
    {
        foreach (var row in rows)
            output.WriteLine(string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
