import { describe, expect, test } from 'vitest';
import { detected } from '../../schemas/rewards/rule.ts';
import { judge, passed } from './rule-run.ts';

/** Written for this test: a sentence of a story, an instruction, a notice. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  ar: [
    'تأخرت العبارة مرة أخرى، فانتظرنا على الرصيف ونحن نشاهد الصيادين.',
    'اشرب كوبا من الماء قبل الإفطار.',
    'تفتح مكتبتنا في التاسعة وتغلق في السادسة ما عدا يوم الأحد.',
  ],
  bn: [
    'ফেরি আবার দেরি করল, তাই আমরা ঘাটে দাঁড়িয়ে জেলেদের জাল মেরামত দেখলাম।',
    'সকালের নাস্তার আগে এক গ্লাস পানি পান করুন।',
    'আমাদের গ্রন্থাগার সকাল নয়টায় খোলে এবং সন্ধ্যা ছয়টায় বন্ধ হয়।',
  ],
  de: [
    'Die Fähre hatte wieder Verspätung, also warteten wir am Steg und sahen den Fischern zu.',
    'Trinken Sie vor dem Frühstück ein Glas Wasser.',
    'Unsere Bücherei öffnet um neun und schließt um sechs, nur sonntags bleibt sie zu.',
  ],
  el: [
    'Το πλοίο άργησε πάλι, οπότε περιμέναμε στην προβλήτα κοιτάζοντας τους ψαράδες.',
    'Πιείτε ένα ποτήρι νερό πριν από το πρωινό.',
    'Η βιβλιοθήκη μας ανοίγει στις εννέα και κλείνει στις έξι.',
  ],
  en: [
    'The ferry was late again, so we waited on the pier and watched the fishermen mend their nets.',
    'Drink a glass of water before breakfast.',
    'Our library opens at nine and closes at six, except on Sundays, when it stays shut all day.',
  ],
  es: [
    'El barco llegó tarde otra vez, así que esperamos en el muelle mirando a los pescadores.',
    'Bebe un vaso de agua antes del desayuno.',
    'Nuestra biblioteca abre a las nueve y cierra a las seis, menos los domingos.',
  ],
  fi: [
    'Lautta oli taas myöhässä, joten odotimme laiturilla ja katselimme kalastajia.',
    'Juo lasillinen vettä ennen aamiaista.',
    'Kirjastomme aukeaa yhdeksältä ja sulkeutuu kuudelta, paitsi sunnuntaisin.',
  ],
  fr: [
    'Le bateau était encore en retard, alors nous avons attendu sur la jetée en regardant les pêcheurs.',
    "Buvez un verre d'eau avant le petit déjeuner.",
    'Notre bibliothèque ouvre à neuf heures et ferme à six heures, sauf le dimanche.',
  ],
  he: [
    'המעבורת איחרה שוב, אז חיכינו על המזח והסתכלנו על הדייגים.',
    'שתו כוס מים לפני ארוחת הבוקר.',
    'הספרייה שלנו נפתחת בתשע ונסגרת בשש, חוץ מיום ראשון.',
  ],
  hi: [
    'नाव फिर देर से आई, इसलिए हम घाट पर खड़े मछुआरों को देखते रहे।',
    'नाश्ते से पहले एक गिलास पानी पिएँ।',
    'हमारा पुस्तकालय नौ बजे खुलता है और छह बजे बंद होता है।',
  ],
  hu: [
    'A komp megint késett, ezért a mólón vártunk, és néztük a halászokat.',
    'Igyon meg egy pohár vizet reggeli előtt.',
    'A könyvtárunk kilenckor nyit és hatkor zár, vasárnap pedig zárva tart.',
  ],
  it: [
    'Il traghetto era di nuovo in ritardo, così abbiamo aspettato sul molo guardando i pescatori.',
    "Bevi un bicchiere d'acqua prima di colazione.",
    'La nostra biblioteca apre alle nove e chiude alle sei, tranne la domenica.',
  ],
  ja: [
    'フェリーがまた遅れたので、私たちは桟橋で漁師を眺めながら待った。',
    '朝食の前に水を一杯飲んでください。',
    '図書館は九時に開き、六時に閉まりますが、日曜日は休みです。',
  ],
  ko: [
    '배가 또 늦어서 우리는 부두에서 어부들을 보며 기다렸다.',
    '아침 식사 전에 물을 한 잔 마시세요.',
    '우리 도서관은 아홉 시에 열고 여섯 시에 닫습니다.',
  ],
  nl: [
    'De veerboot was weer te laat, dus wachtten we op de pier en keken naar de vissers.',
    'Drink voor het ontbijt een glas water.',
    'Onze bibliotheek gaat om negen uur open en sluit om zes uur, behalve op zondag.',
  ],
  no: [
    'Fergen var forsinket igjen, så vi ventet på brygga og så på fiskerne.',
    'Drikk et glass vann før frokost.',
    'Biblioteket vårt åpner klokken ni og stenger klokken seks, unntatt på søndager.',
  ],
  pl: [
    'Prom znowu się spóźnił, więc czekaliśmy na pomoście i patrzyliśmy na rybaków.',
    'Wypij szklankę wody przed śniadaniem.',
    'Nasza biblioteka jest otwarta od dziewiątej do szóstej, oprócz niedziel.',
  ],
  pt: [
    'O barco estava atrasado outra vez, por isso esperámos no cais a ver os pescadores.',
    'Beba um copo de água antes do pequeno-almoço.',
    'A nossa biblioteca abre às nove e fecha às seis, menos aos domingos.',
  ],
  ro: [
    'Feribotul a întârziat din nou, așa că am așteptat pe dig și ne-am uitat la pescari.',
    'Beți un pahar cu apă înainte de micul dejun.',
    'Biblioteca noastră se deschide la nouă și se închide la șase, în afară de duminică.',
  ],
  ru: [
    'Паром снова опоздал, и мы ждали на пристани, глядя на рыбаков.',
    'Выпейте стакан воды перед завтраком.',
    'Наша библиотека открывается в девять и закрывается в шесть, кроме воскресенья.',
  ],
  sv: [
    'Färjan var sen igen, så vi väntade på bryggan och tittade på fiskarna.',
    'Drick ett glas vatten före frukosten.',
    'Vårt bibliotek öppnar klockan nio och stänger klockan sex, utom på söndagar.',
  ],
  th: ['เรือข้ามฟากมาช้าอีกแล้ว เราจึงยืนรอที่ท่าเรือและดูชาวประมงซ่อมอวน', 'ดื่มน้ำหนึ่งแก้วก่อนอาหารเช้า', 'ห้องสมุดของเราเปิดเก้าโมงและปิดหกโมงเย็น'],
  tr: [
    'Vapur yine gecikti, biz de iskelede bekleyip balıkçıları seyrettik.',
    'Kahvaltıdan önce bir bardak su için.',
    'Kütüphanemiz dokuzda açılır ve altıda kapanır, pazar günleri hariç.',
  ],
  zh: [
    '渡轮又晚点了，我们只好在码头上一边等一边看渔夫补网。',
    '早餐前请喝一杯水。',
    '我们的图书馆九点开门，六点关门，星期天休息。',
  ],
};

/** Languages that the detector does not know: it takes them for a neighbour. */
const OTHERS: Readonly<Record<string, string>> = {
  uk: 'Паром знову запізнився, тож ми чекали на пристані й дивилися на рибалок.',
  da: 'Færgen var forsinket igen, så vi ventede på molen og kiggede på fiskerne.',
  cs: 'Trajekt měl zase zpoždění, tak jsme čekali na molu a dívali se na rybáře.',
  vi: 'Chuyến phà lại trễ, nên chúng tôi đứng chờ ở bến và nhìn những người đánh cá.',
  id: 'Kapal feri terlambat lagi, jadi kami menunggu di dermaga sambil melihat para nelayan.',
};

test('there are texts of every language that may be asked for', () => {
  expect(Object.keys(TEXTS).sort()).toEqual([...detected.options].sort());
});

describe.each(Object.entries(TEXTS))('%s', (is, texts) => {
  test.each(texts)('%s', (text) => {
    expect(judge({ check: 'language', is }, text)).toEqual({ passed: true });
    expect(passed({ check: 'language', is: is === 'en' ? 'fr' : 'en' }, text)).toBe(false);
  });
});

test('a text in two languages is in neither', () => {
  const mixed = `${TEXTS.en!.join(' ').repeat(3)}\n\n${TEXTS.fr!.join(' ').repeat(3)}`;
  expect(passed({ check: 'language', is: 'en' }, mixed)).toBe(false);
  expect(passed({ check: 'language', is: 'fr' }, mixed)).toBe(false);
  expect(passed({ check: 'language', is: 'en' }, TEXTS.en!.join(' ').repeat(9))).toBe(true);
});

test('code and addresses say nothing of the language', () => {
  const text = `${TEXTS.de![0]}\n\`\`\`\nfor the value in the list of the words: print the value and the next\n\`\`\`\nhttps://example.com/the-book-of-the-day`;
  expect(passed({ check: 'language', is: 'de' }, text)).toBe(true);
});

test.each(['', 'Hi', 'OK!', '12345 + 3 = 12348', '\u6C34\u66DC', '...', 'Bonjour'])('%j is too short to tell', (text) => {
  expect(passed({ check: 'language', is: 'en' }, text)).toBeNull();
});

test('what the detector does not know is taken for something else, with confidence: so much is not promised', () => {
  for (const [language, text] of Object.entries(OTHERS)) {
    expect(passed({ check: 'language', is: 'en' }, text), language).toBe(false);
    expect(detected.safeParse(language).success, language).toBe(false);
  }
  expect(passed({ check: 'language', is: 'ru' }, OTHERS.uk!)).toBe(true); // a neighbour is not told apart
});

test('a megabyte is read by its windows', () => {
  const began = performance.now();
  expect(passed({ check: 'language', is: 'en' }, TEXTS.en!.join(' ').repeat(5000))).toBe(true);
  expect(performance.now() - began).toBeLessThan(5000); // 34 s for all of it
});
